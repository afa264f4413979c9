# Local hosts and tests of overlay.flannel. Needs make, python3 and root; everything else is installed as it is needed.
NAME ?= overlay
NET ?= 172.72.2
HOSTS ?= flannel-1=trixie flannel-2=trixie flannel-3=trixie
PARTS = static differential integration tarball stack
LONG = move upgrade backup remove docker29 firewalls metrics canary page docs
STATIC = lint sanity unit

LAB = tests/lab/lab
ANSIBLE = tests/run/tool ansible-playbook -i "$$($(LAB) inventory)"
export OVERLAY_LAB_NAME = $(NAME)
# Images of CI set it; then every start of Ansible would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up verify report shell down test test-matrix test-vagrant bench clean $(LONG) $(PARTS) $(STATIC)

help:
	@echo 'make up                    three hosts ($(NET).11-13) with containers that reach each other; again: changes nothing'
	@echo 'make verify                check the running overlay and report what is wrong'
	@echo 'make report                the same as a page: .build/$(NAME)-report.html; make up writes it, too'
	@echo 'make shell HOST=flannel-2  a shell on a host'
	@echo 'make down                  end the hosts, leave nothing behind'
	@echo 'make test                  all tests; single parts: make $(PARTS); static is $(STATIC)'
	@echo 'make move                  TLS and authorities of a cluster at work, members that join it; a quarter of an hour'
	@echo 'make upgrade               a cluster at work goes from etcd 3.4 to 3.7; a quarter of an hour'
	@echo 'make backup                backups of etcd, and all of its data lost and restored; a quarter of an hour'
	@echo 'make docker29              docker 29 with both backends of its firewall; builds its dockerd first, together a quarter of an hour'
	@echo 'make firewalls             firewalld and NetworkManager on hosts that are at work, and lost routes; some minutes'
	@echo 'make metrics               the exporter for Prometheus on hosts, its alert rules with promtool; some minutes'
	@echo 'make remove                hosts leave the overlay, then all of it leaves; a quarter of an hour'
	@echo 'make canary                secrets in everything that is printed; some minutes'
	@echo 'make page                  the page of the report in a real Chromium: keyboard, contrast, size'
	@echo 'make docs                  the documentation as a site in .build/docs/html: no warning, no link that leads nowhere'
	@echo 'make test-matrix           each pair of flannel and etcd that can be run here, with four releases of docker: up to an hour'
	@echo 'make test-vagrant          molecule test and vagrant up on virtual machines; hours without hardware virtualisation'
	@echo 'make bench                 how fast runs are, as ratios with targets: about an hour'
	@echo 'make clean                 forget images, packages and tools of earlier runs'

up:
	@tests/run/venv >/dev/null & $(LAB) up --net $(NET) $(HOSTS) && wait
	@$(ANSIBLE) site.yml --skip-tags verify
	@$(LAB) image
	@$(LAB) harvest
	@$(MAKE) --no-print-directory report
	@echo 'Try next: make shell HOST=flannel-2   make verify   make down'

verify:
	@$(ANSIBLE) playbooks/verify.yml -e overlay_verify_image=busybox

report:
	@mkdir -p .build
	@$(ANSIBLE) playbooks/report.yml -e overlay_verify_image=busybox -e overlay_report_page='$(CURDIR)/.build/$(NAME)-report.html'

shell:
	@$(LAB) shell $(HOST)

down:
	@$(LAB) down

test:
	@tests/run/all $(PARTS)

test-matrix:
	@tests/run/matrix

test-vagrant:
	@tests/run/vagrant

bench:
	@tests/run/bench

$(PARTS) $(LONG) $(STATIC):
	@tests/run/all $@

clean: down
	rm -rf .build "$${OVERLAY_CACHE:-$$HOME/.cache/overlay-flannel}"
