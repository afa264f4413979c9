(() => {
  'use strict';
  const make = (name, text, set) => Object.assign(document.createElement(name), {textContent: text || '', ...set});

  const copy = async (button, words) => {
    try {
      await navigator.clipboard.writeText(words);
    } catch (error) {
      const field = make('textarea', '', {value: words});
      document.body.append(field);
      field.select();
      document.execCommand('copy');
      field.remove();
      button.focus();
    }
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };
  for (const words of document.querySelectorAll('.copy')) {
    words.after(make('button', 'Copy', {type: 'button', className: 'copies'}));
  }
  document.addEventListener('click', event => {
    if (event.target.className === 'copies') copy(event.target, event.target.previousElementSibling.textContent);
  });

  const section = document.getElementById('hosts');
  const tools = section.querySelector('.tools');
  const place = section.querySelector('.groups');
  const hosts = [...place.querySelectorAll('.host')];
  const text = new Map();
  const natural = new Intl.Collator('en', {numeric: true}).compare;
  const words = new Set(['name', 'flannel', 'docker']);
  const kinds = {kind: 'state', flannel: 'flannel', docker: 'docker', '': 'nothing'};
  let key = 'name', down = false;

  const search = make('input', '', {type: 'search', id: 'search'});
  const group = make('select', '', {id: 'group'});
  for (const [value, name] of Object.entries(kinds)) group.append(make('option', name, {value}));
  const shown = make('output', '', {id: 'shown'});
  const labelled = (name, field) => { const label = make('label', name); label.append(field); return label; };
  tools.append(labelled('Search', search), labelled('Group by', group), shown);

  const content = host => {
    if (!text.has(host)) text.set(host, host.textContent.toLowerCase());
    return text.get(host);
  };
  const compare = (one, other) => {
    const [a, b] = [one.dataset[key], other.dataset[key]];
    if (!a || !b) return a ? -1 : b ? 1 : 0;
    return (words.has(key) ? natural(a, b) : a - b) * (down ? -1 : 1) || natural(one.dataset.name, other.dataset.name);
  };
  const draw = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = hosts.filter(host => wanted.every(word => content(host).includes(word))).sort(compare);
    const groups = new Map();
    for (const host of found) {
      const name = group.value ? host.dataset[group.value] || 'unknown' : 'All';
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(host);
    }
    const order = name => group.value === 'kind' ? Number(groups.get(name)[0].dataset.state) : 0;
    const names = [...groups.keys()].sort((a, b) => order(a) - order(b) || natural(a, b));
    place.replaceChildren(...names.map(name => {
      const box = make('div', '', {className: 'group'});
      const title = make('h3', name + ' ');
      title.append(make('span', String(groups.get(name).length), {className: 'times'}));
      box.append(title, ...groups.get(name));
      return box;
    }));
    shown.textContent = `${found.length} of ${hosts.length}`;
  };

  const titles = section.querySelector('.titles');
  titles.removeAttribute('aria-hidden');
  titles.setAttribute('role', 'group');
  titles.setAttribute('aria-label', 'Sort by');
  for (const title of titles.children) {
    const name = title.textContent;
    const button = make('button', name, {type: 'button'});
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => {
      down = key === title.dataset.key && !down;
      key = title.dataset.key;
      for (const other of titles.querySelectorAll('button')) {
        other.setAttribute('aria-pressed', 'false');
        other.textContent = other.textContent.replace(/ [↑↓]$/, '');
      }
      button.setAttribute('aria-pressed', 'true');
      button.textContent = `${name} ${down ? '↓' : '↑'}`;
      draw();
    });
    title.replaceChildren(button);
  }
  let waiting;
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(draw, 120); });
  group.addEventListener('change', draw);
  shown.textContent = `${hosts.length} of ${hosts.length}`;
})();
