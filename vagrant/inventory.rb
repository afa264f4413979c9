# The inventory for Ansible outside of Vagrant: machines by their private addresses, as the hosts of an operator are.
require "fileutils"
require "json"

module Overlay
  INVENTORY = File.join(__dir__, "..", ".vagrant", "inventory.json")
  ACCESS = {
    "ansible_become" => true,
    "ansible_ssh_common_args" => "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes",
  }.freeze

  # Called when a machine has come up: its key is known then, those of the others are known already or will be.
  # How to become root is said of each host, not of all: the localhost of a play is among those.
  def self.write_inventory(settings, machine)
    info = machine.ssh_info or return # not there: `reload` of a machine that nobody has made
    hosts = settings.machines.to_h { |one| [one.name, { **known_access[one.name].to_h, **ACCESS, **settings.host_variables, "ansible_host" => one.address }] }
    hosts[machine.name.to_s].merge!("ansible_user" => info[:username], "ansible_ssh_private_key_file" => info[:private_key_path].first)
    children = settings.groups.transform_values { |names| { "hosts" => names.to_h { |name| [name, {}] } } }
    content = { "all" => { "hosts" => hosts, "vars" => settings.variables, "children" => children } }
    FileUtils.mkdir_p(File.dirname(INVENTORY))
    File.write(INVENTORY, "#{JSON.pretty_generate(content)}\n")
  end

  def self.known_access
    File.exist?(INVENTORY) ? JSON.parse(File.read(INVENTORY)).dig("all", "hosts") : {}
  rescue JSON::ParserError
    {}
  end
end
