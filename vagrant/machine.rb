# What the machines of all labs have in common. A Vagrantfile says what is its own.

module Lab
  # Any Debian box with ifupdown, for your provider.
  BOX = ENV.fetch("RAPPEL_BOX", "debian/bookworm64")

  # How Vagrant reaches the machines, over a NIC of its own that the inventories do not know.
  # The firewall of T4 lets these addresses in.
  MANAGEMENT = "198.51.100.0/24"

  # What rappel looks at a network with, where it is there.
  EYES = %w[iputils-ping iputils-arping tcpdump].freeze

  # A server as the provider hands it over: an address, and nothing else.
  HANDED_OVER = <<~INTERFACES
    auto eth0
    iface eth0 inet static
        address 203.0.113.10/24
        gateway 203.0.113.254
  INTERFACES

  # The provider's gateway on the wire `segment`, with everybody's internet behind it:
  # 192.0.2.200 and, where the gateway has IPv6, 2001:db8:ffff::2. It has no route to what is
  # behind a server, but looks for it on the wire.
  #   ipv6  its address and prefix length
  #   up    what else it does when its NIC comes up
  def self.gateway(config, lab, mac:, ipv6: nil, up: [])
    lines = up.map { |command| "    up #{command}\n" }.join
    machine config, lab, "gw",
      nics: { "eth0" => { wire: "segment", mac: mac } },
      start: INTERNET + lines + (ipv6 ? format(INTERNET6, ipv6) : "")
  end

  INTERNET = <<~INTERFACES
    auto eth0
    iface eth0 inet static
        address 203.0.113.254/24
        up ip addr replace 192.0.2.200/32 dev lo
        up sysctl -q -w net.ipv4.ip_forward=1
  INTERFACES

  INTERNET6 = <<~INTERFACES
    iface eth0 inet6 static
        address %s
        dad-attempts 0
        up ip addr replace 2001:db8:ffff::2/128 dev lo
        up sysctl -q -w net.ipv6.conf.all.forwarding=1
  INTERFACES

  # A machine of a lab:
  #   nics      name => {wire:, mac:}, with `bridge:` where the NIC is the plug of a guest,
  #             which goes into that bridge of this machine as soon as there is one
  #   start     /etc/network/interfaces before rappel: no dollar signs, Vagrant's shell has
  #             a meaning for them
  #   packages  what its playbook needs and a small Debian lacks
  def self.machine(config, lab, name, nics:, start:, packages: [])
    config.vm.define name do |machine|
      machine.vm.box = BOX
      machine.vm.synced_folder ".", "/vagrant", disabled: true
      nics.each_value { |nic| wire(machine, "rappel-#{lab}-#{nic[:wire]}", nic[:mac]) }
      libvirt(machine)
      virtualbox(machine, nics.size)
      machine.vm.provision "shell", name: "machine.sh", path: File.join(__dir__, "machine.sh"), env: {
        "NAME" => name,
        "NICS" => nics.map { |nic, is| "#{is[:mac]} #{nic} #{is[:bridge]}".strip }.join("\n"),
        "START" => start,
        "PACKAGES" => (packages + EYES).join(" ")
      }
    end
  end

  # A wire that leads nowhere else: no address of your computer on it, no DHCP, no way out.
  def self.wire(machine, name, mac)
    machine.vm.network :private_network,
      mac: mac.delete(":"),
      auto_config: false,
      libvirt__network_name: name,
      libvirt__forward_mode: "none",
      libvirt__dhcp_enabled: false,
      virtualbox__intnet: name
  end

  def self.libvirt(machine)
    machine.vm.provider :libvirt do |libvirt|
      libvirt.memory = 512
      libvirt.management_network_name = "rappel-management"
      libvirt.management_network_address = MANAGEMENT
    end
  end

  def self.virtualbox(machine, nics)
    machine.vm.provider :virtualbox do |virtualbox|
      virtualbox.memory = 512
      virtualbox.customize ["modifyvm", :id, "--natnet1", MANAGEMENT]
      # Bridges in a machine have the MAC addresses of others behind them.
      (2..nics + 1).each do |adapter|
        virtualbox.customize ["modifyvm", :id, "--nicpromisc#{adapter}", "allow-all"]
      end
    end
  end
end
