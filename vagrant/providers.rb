# What differs between the providers, apart from the list of machines.
module Overlay
  def self.providers(config, settings)
    config.vm.provider "virtualbox" do |virtualbox|
      virtualbox.memory = settings["memory"]
      virtualbox.cpus = settings["cpus"]
      virtualbox.linked_clone = true
    end

    config.vm.provider "libvirt" do |libvirt|
      libvirt.memory = settings["memory"]
      libvirt.cpus = settings["cpus"]
      libvirt.driver = settings["libvirt_driver"]
      libvirt.qemu_use_session = false
      if settings["libvirt_driver"] == "qemu"
        libvirt.cpu_mode = "custom"
        libvirt.cpu_model = "Nehalem"
      end
    end

    %w[vmware_desktop vmware_fusion vmware_workstation].each do |name|
      config.vm.provider name do |vmware|
        vmware.vmx["memsize"] = settings["memory"].to_s
        vmware.vmx["numvcpus"] = settings["cpus"].to_s
      end
    end
  end
end
