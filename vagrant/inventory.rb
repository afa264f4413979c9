# The inventory for Ansible outside of Vagrant: machines by their private addresses, as the hosts of an operator are.
require "fileutils"
require "json"

module Overlay
  FOLDER = File.join(__dir__, "..", ".vagrant", "inventory")

  # Called when a machine has come up: its key is known then.
  def self.write_inventory(settings, machine)
    access = machine.ssh_info
    write("lab.json", groups(settings))
    write("host_vars/#{machine.name}.json",
          "ansible_user" => access[:username],
          "ansible_ssh_private_key_file" => access[:private_key_path].first)
  end

  def self.groups(settings)
    hosts = settings.machines.to_h { |one| [one.name, { "ansible_host" => one.address }] }
    children = settings.groups.transform_values { |names| { "hosts" => names.to_h { |name| [name, {}] } } }
    access = { "ansible_become" => true, "ansible_ssh_common_args" => "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null" }
    { "all" => { "hosts" => hosts, "vars" => { **access, **settings.variables }, "children" => children } }
  end

  def self.write(name, value)
    path = File.join(FOLDER, name)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, "#{JSON.pretty_generate(value)}\n")
  end
end
