# Adds `vagrant describe PROVIDER`: each machine as Vagrant itself understands it, in JSON.
require "json"

class Describe < Vagrant.plugin("2", :command)
  def execute
    provider = @argv.first.to_sym
    machines = @env.machine_names.to_h { |name| [name, describe(name, provider)] }
    puts JSON.generate(machines)
    0
  end

  def describe(name, provider)
    config = @env.vagrantfile.machine_config(name, provider, @env.boxes, nil, false)[:config]
    {
      box: config.vm.box,
      folders: config.vm.synced_folders.reject { |_, folder| folder[:disabled] }.keys,
      # Without what is another one each time.
      networks: config.vm.networks.reject { |type, _| type == :forwarded_port }
        .map { |type, options| [type, options.reject { |name, _| name == :id }] },
      provisioners: config.vm.provisioners.map { |one| { type: one.type, env: one.config.env } },
      provider: of_provider(config.vm.get_provider_config(provider))
    }
  end

  def of_provider(config)
    wanted = [:memory, :cpus, :customizations, :management_network_address, :management_network_name]
    known = wanted.select { |name| config.respond_to?(name) }
    known.to_h { |name| [name, config.public_send(name)] }
  end
end

class DescribePlugin < Vagrant.plugin("2")
  name "describe"
  command("describe") { Describe }
end

Vagrant.configure("2") { |_| }
