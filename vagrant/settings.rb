# What the lab is made of. Three sources, the later wins: the defaults here, vagrant.yml beside the Vagrantfile, OVERLAY_* of the environment.
require "ipaddr"
require "yaml"

module Overlay
  DEFAULTS = {
    "box" => "debian/trixie64", # others: cloud-image/ubuntu-24.04, almalinux/9, generic/rocky9, centos/7
    "hosts" => 3,               # how many machines
    "etcd" => 1,                # how many of the first ones carry etcd
    "prefix" => "flannel-",     # flannel-1, flannel-2, ...
    "network" => "172.72.2.0/24", # the machines get .11, .12, ...
    "memory" => 1024,           # MiB of each
    "cpus" => 1,
    "boot_timeout" => 300,      # seconds; software emulation needs more
    "libvirt_driver" => "kvm",  # qemu where there is no hardware virtualisation
    "variables" => {},          # for Ansible: flannel_version, etcd_version, docker_version, ...
  }.freeze

  # One machine of the lab.
  Machine = Struct.new(:name, :address)

  class Settings
    def initialize(root, environment = ENV)
      @values = DEFAULTS.merge(read(File.join(root, "vagrant.yml")))
      DEFAULTS.each_key { |name| take(name, environment["OVERLAY_#{name.upcase}"]) }
      check
    end

    def [](name)
      @values.fetch(name)
    end

    def machines
      first = IPAddr.new(self["network"]).to_i + 11
      Array.new(self["hosts"]) do |place|
        Machine.new("#{self['prefix']}#{place + 1}", IPAddr.new(first + place, Socket::AF_INET).to_s)
      end
    end

    # Ansible's groups: the first machines carry etcd, all of them flannel and docker.
    def groups
      names = machines.map(&:name)
      { "etcd" => names.first(self["etcd"]), "flannel" => names, "docker" => names }
    end

    # By the private network: every machine has the same address in the provider's own.
    def variables
      names = machines.to_h { |machine| [machine.name, machine.address] }
      { "overlay_interface" => self["network"], "lab_names" => names, **self["variables"].reject { |name, _value| connection?(name) } }
    end

    # How Ansible works on a machine. For all, they would hold for this computer as well, and beat what Vagrant knows of the user.
    def host_variables
      self["variables"].select { |name, _value| connection?(name) }
    end

    private

    def connection?(name)
      name.to_s.start_with?("ansible_")
    end

    def read(file)
      found = File.exist?(file) ? YAML.safe_load(File.read(file)) || {} : {}
      refuse("vagrant.yml", found, "a dictionary of settings") unless found.is_a?(Hash)
      unknown = found.keys - DEFAULTS.keys
      refuse(unknown.join(", "), "set in vagrant.yml", DEFAULTS.keys.join(", ")) unless unknown.empty?
      found
    rescue Psych::SyntaxError => e
      refuse("vagrant.yml", e.message, "YAML")
    end

    # The environment knows text only; `variables` is written there as JSON.
    def take(name, text)
      return if text.nil?

      @values[name] = DEFAULTS[name].is_a?(String) ? text : YAML.safe_load(text)
    rescue Psych::SyntaxError
      refuse(name, text, "YAML or JSON")
    end

    def check
      texts = DEFAULTS.select { |_name, value| value.is_a?(String) }.keys
      texts.each { |name| refuse(name, self[name].inspect, "a text") unless self[name].is_a?(String) }
      %w[hosts etcd memory cpus boot_timeout].each do |name|
        refuse(name, self[name], "a whole number from 1 on") unless self[name].is_a?(Integer) && self[name].positive?
      end
      refuse("hosts", self["hosts"], "1 to 200: the addresses .11 to .210") if self["hosts"] > 200
      refuse("etcd", self["etcd"], "1 to #{self['hosts']}, the number of hosts") if self["etcd"] > self["hosts"]
      refuse("network", self["network"], "a /24 such as 172.72.2.0/24") unless network?(self["network"])
      refuse("prefix", self["prefix"], "letters, digits and hyphens, a letter first") unless self["prefix"].match?(/\A[a-z][a-z0-9-]*\z/i)
      refuse("libvirt_driver", self["libvirt_driver"], "kvm, qemu") unless %w[kvm qemu].include?(self["libvirt_driver"])
      refuse("variables", self["variables"], "a dictionary") unless self["variables"].is_a?(Hash)
    end

    def network?(text)
      text.end_with?(".0/24") && IPAddr.new(text).ipv4?
    rescue IPAddr::Error
      false
    end

    def refuse(name, value, allowed)
      abort "Vagrantfile: #{name} = #{value}: allowed: #{allowed}. Fix: correct vagrant.yml or the environment's OVERLAY_*."
    end
  end
end
