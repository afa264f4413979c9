# The lab's settings: where they come from, and what is refused.
require "json"
require "minitest/autorun"
require "tmpdir"
require_relative "../../vagrant/settings"

class SettingsTest < Minitest::Test
  def settings(file: nil, **environment)
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "vagrant.yml"), file) if file
      Overlay::Settings.new(folder, environment.transform_keys(&:to_s))
    end
  end

  def refused(**values)
    _out, said = capture_io { assert_raises(SystemExit) { settings(**values) } }
    said
  end

  def test_the_lab_as_it_is_by_default
    lab = settings
    assert_equal([%w[flannel-1 172.72.2.11], %w[flannel-2 172.72.2.12], %w[flannel-3 172.72.2.13]], lab.machines.map(&:to_a))
    names = %w[flannel-1 flannel-2 flannel-3]
    assert_equal({ "etcd" => %w[flannel-1], "flannel" => names, "docker" => names }, lab.groups)
    assert_equal("172.72.2.0/24", lab.variables["overlay_interface"])
  end

  def test_environment_before_file_before_default
    lab = settings(file: "hosts: 5\nmemory: 2048\n", OVERLAY_HOSTS: "4", OVERLAY_ETCD: "3", OVERLAY_PREFIX: "centos-flannel-")
    assert_equal(%w[centos-flannel-1 centos-flannel-2 centos-flannel-3 centos-flannel-4], lab.groups["docker"])
    assert_equal(3, lab.groups["etcd"].length)
    assert_equal([2048, 1], [lab["memory"], lab["cpus"]])
  end

  def test_versions_reach_ansible
    lab = settings(OVERLAY_VARIABLES: { flannel_version: "0.26.7" }.to_json)
    assert_equal("0.26.7", lab.variables["flannel_version"])
  end

  def test_how_to_connect_is_said_of_the_machines_alone
    lab = settings(file: "variables: {ansible_python_interpreter: /opt/python, flannel_version: 0.7.1}\n")
    assert_equal({ "ansible_python_interpreter" => "/opt/python" }, lab.host_variables)
    assert_equal(%w[flannel_version lab_names overlay_interface], lab.variables.keys.sort)
  end

  def test_refusals_name_setting_value_and_what_is_allowed
    {
      { OVERLAY_HOSTS: "many" } => "hosts = many: allowed: a whole number from 1 on",
      { OVERLAY_HOSTS: "201" } => "hosts = 201: allowed: 1 to 200",
      { OVERLAY_ETCD: "4" } => "etcd = 4: allowed: 1 to 3",
      { OVERLAY_NETWORK: "172.72.2.0/16" } => "network = 172.72.2.0/16: allowed: a /24",
      { OVERLAY_NETWORK: "x.0/24" } => "network = x.0/24: allowed: a /24",
      { OVERLAY_PREFIX: "my_host" } => "prefix = my_host: allowed: letters, digits and hyphens",
      { OVERLAY_VARIABLES: "[1" } => "variables = [1: allowed: YAML or JSON",
      { OVERLAY_VARIABLES: "1" } => "variables = 1: allowed: a dictionary",
      { OVERLAY_LIBVIRT_DRIVER: "xen" } => "libvirt_driver = xen: allowed: kvm, qemu",
      { file: "box: 7\n" } => "box = 7: allowed: a text",
      { file: "boxes: x\n" } => "boxes = set in vagrant.yml: allowed: box, hosts,",
      { file: "- 1\n" } => "vagrant.yml = [1]: allowed: a dictionary",
      { file: "a: [\n" } => "vagrant.yml = ",
    }.each { |values, words| assert_includes(refused(**values), words) }
  end
end
