#!/usr/bin/perl
# Stands for Proxmox VE's pveum, pvesh and qm where no Proxmox can be installed: the commands
# of accounts and VMs, by the name that it is called by. Keeps what it is told in files, one
# place for all three, refuses what the real ones refuse, in their words and with their codes,
# prints as they do, and does silently what they do silently: a group that goes takes its
# permissions along, and a VM's permissions go with the VM.
use strict;
use warnings;
use Fcntl qw(:flock);
use POSIX qw(uname);

my $state = $ENV{PVE_STAND_IN} // '/var/lib/pve-stand-in';
my ($tool) = $0 =~ m!([^/]+)$!;
my $name_re = qr/[A-Za-z0-9.\-_]+/;
my $user_re = qr![^\s:/]+\@[A-Za-z][A-Za-z0-9.\-_]+!;
my @built_in = qw(Administrator NoAccess PVEAdmin PVEAuditor PVEDatastoreAdmin PVEDatastoreUser
    PVEMappingAdmin PVEMappingUser PVEPoolAdmin PVEPoolUser PVESDNAdmin PVESDNUser PVESysAdmin
    PVETemplateUser PVEUserAdmin PVEVMAdmin PVEVMUser);
my %realms = map { $_ => 1 } qw(pam pve);
my $node = (uname)[1];
$node =~ s/\..*//;

sub fail { my ($words, $code) = @_; print STDERR "$words\n"; exit($code // 255) }
sub bad { my ($key, $why) = @_; fail("400 Parameter verification failed.\n$key: $why\n$tool <command> [OPTIONS]") }

# Where everything is kept. One call at a time, as the real ones lock their files.
for my $dir ($state, map { "$state/$_" } qw(groups users vms running roles)) { mkdir $dir, 0700 }
open(my $lock, '>>', "$state/lock") or fail("cannot lock: $!");
flock($lock, LOCK_EX);

sub slurp { my ($path) = @_; open(my $in, '<', $path) or return ''; local $/; return <$in> // '' }
sub keep {
    my ($path, $text) = @_;
    open(my $out, '>', "$path.new") or fail("cannot write $path: $!");
    print $out $text;
    close($out) or fail("cannot write $path: $!");
    rename("$path.new", $path) or fail("cannot write $path: $!");
}
sub names { my ($dir) = @_; opendir(my $in, "$state/$dir") or return; return sort grep { !/^\.|\.new$/ } readdir($in) }
sub read_pairs { my ($path) = @_; return map { /^([^ ]+) (.*)$/ ? ($1 => $2) : () } split(/\n/, slurp($path)) }
sub keep_pairs { my ($path, %pairs) = @_; keep($path, join('', map { "$_ $pairs{$_}\n" } sort keys %pairs)) }
sub acl { return map { [split / /] } split(/\n/, slurp("$state/acl")) }
sub keep_acl { keep("$state/acl", join('', map { join(' ', @$_) . "\n" } sort { "@$a" cmp "@$b" } @_)) }
sub roles { return { map { $_ => 1 } @built_in, names('roles') } }

# options(\@words, name => check…): `--name value`, and what stands before them.
sub options {
    my ($words, %known) = @_;
    my (%given, @plain);
    while (@$words) {
        my $word = shift @$words;
        if ($word =~ /^--?([a-z][a-z0-9\-]*)(?:=(.*))?$/s) {
            my ($key, $value) = ($1, $2);
            my ($rule) = grep { my $r = $_; $r =~ /\[N\]$/ ? $key =~ /^\Q@{[substr($r, 0, -3)]}\E\d+$/ : $r eq $key } keys %known;
            fail("Unknown option: $key\n400 unable to parse option\n$tool <command> [OPTIONS]") if !defined $rule;
            $value = @$words ? shift @$words : bad($key, 'option requires an argument') if !defined $value;
            my $why = $known{$rule}->($value);
            bad($key, $why) if defined $why;
            $given{$key} = $value;
        } else { push @plain, $word }
    }
    return (\%given, @plain);
}
sub arguments { my ($count, @plain) = @_;
    fail("400 not enough arguments\n$tool <command> [OPTIONS]") if @plain < $count;
    fail("400 too many arguments\n$tool <command> [OPTIONS]") if @plain > $count;
}
sub any { return undef }
sub boolean { return $_[0] =~ /^(0|1|on|off|yes|no|true|false)$/i ? undef : "type check ('boolean') failed - got '$_[0]'" }
sub integer { return $_[0] =~ /^\d+$/ ? undef : "type check ('integer') failed - got '$_[0]'" }
sub is_true { return $_[0] =~ /^(1|on|yes|true)$/i ? 1 : 0 }
sub list_of { my ($re, $what) = @_;
    return sub { for my $one (split /[\s,;]+/, $_[0]) { return "invalid format - $what '$one' contains invalid characters\n" if $one !~ /^$re$/ } return undef }
}
sub format_of { my ($given) = @_; return $given->{'output-format'} // 'text' }
my %output = ('output-format' => sub { $_[0] =~ /^(json|json-pretty|text|yaml)$/ ? undef : "value '$_[0]' does not have a value in the enumeration 'text, json, json-pretty, yaml'" });

# As JSON prints it, keys sorted; numbers are those that are written as references.
sub json {
    my ($value, $pad) = @_;
    if (ref $value eq 'SCALAR') { return $$value }
    if (ref $value eq 'ARRAY') {
        return '[]' if !@$value;
        return "[\n" . join(",\n", map { "$pad   " . json($_, "$pad   ") } @$value) . "\n$pad]";
    }
    if (ref $value eq 'HASH') {
        return "{\n" . join(",\n", map { "$pad   \"$_\" : " . json($value->{$_}, "$pad   ") } sort keys %$value) . "\n$pad}";
    }
    $value =~ s/(["\\])/\\$1/g;
    return "\"$value\"";
}
sub show_list {
    my ($given, $list) = @_;
    fail("the stand-in prints json-pretty only") if format_of($given) ne 'json-pretty';
    print json($list, ''), "\n";
}

sub members { my ($group) = @_;
    return grep { my %u = read_pairs("$state/users/$_"); grep { $_ eq $group } split /,/, $u{groups} // '' } names('users');
}

my %pveum = (
    'group add' => sub {
        my ($given, @plain) = options(\@_, comment => \&any);
        arguments(1, @plain);
        my $why = list_of($name_re, 'group name')->($plain[0]); bad('groupid', $why) if $why;
        fail("create group failed: group '$plain[0]' already exists") if -e "$state/groups/$plain[0]";
        keep_pairs("$state/groups/$plain[0]", length($given->{comment} // '') ? (comment => $given->{comment}) : ());
    },
    'group modify' => sub {
        my ($given, @plain) = options(\@_, comment => \&any);
        arguments(1, @plain);
        fail("update group failed: group '$plain[0]' does not exist") if !-e "$state/groups/$plain[0]";
        keep_pairs("$state/groups/$plain[0]", comment => $given->{comment}) if defined $given->{comment};
    },
    'group delete' => sub {
        my ($given, @plain) = options(\@_);
        arguments(1, @plain);
        fail("delete group failed: group '$plain[0]' does not exist") if !-e "$state/groups/$plain[0]";
        for my $user (members($plain[0])) {
            my %u = read_pairs("$state/users/$user");
            $u{groups} = join(',', grep { $_ ne $plain[0] } split /,/, $u{groups});
            keep_pairs("$state/users/$user", %u);
        }
        keep_acl(grep { !($_->[1] eq 'group' && $_->[2] eq $plain[0]) } acl());
        unlink "$state/groups/$plain[0]";
    },
    'group list' => sub {
        my ($given, @plain) = options(\@_, %output);
        arguments(0, @plain);
        show_list($given, [map { my %g = read_pairs("$state/groups/$_"); { groupid => $_, users => join(',', members($_)), exists $g{comment} ? (comment => $g{comment}) : () } } names('groups')]);
    },
    'user list' => sub {
        my ($given, @plain) = options(\@_, full => \&boolean, enabled => \&boolean, %output);
        arguments(0, @plain);
        my @list;
        for my $user (names('users')) {
            my %u = read_pairs("$state/users/$user");
            my %row = (userid => $user, 'realm-type' => $user =~ /\@pam$/ ? 'pam' : 'pve', enable => \($u{enable}), expire => \($u{expire} // 0));
            for my $key (qw(comment email firstname lastname)) { $row{$key} = $u{$key} if length($u{$key} // '') }
            if (is_true($given->{full} // 0)) {
                $row{groups} = join(',', sort split /,/, $u{groups} // '');
                $row{tokens} = [map { { tokenid => $_, expire => \'0', privsep => \'1' } } split /,/, $u{tokens} // ''];
            }
            push @list, \%row;
        }
        show_list($given, \@list);
    },
    'user add' => sub { user_command('create', @_) },
    'user modify' => sub { user_command('update', @_) },
    'user delete' => sub {
        my ($given, @plain) = options(\@_);
        arguments(1, @plain);
        bad('userid', "invalid format - value '$plain[0]' does not look like a valid user name\n") if $plain[0] !~ /^$user_re$/;
        keep_acl(grep { !($_->[1] eq 'user' && $_->[2] eq $plain[0]) } acl());
        unlink "$state/users/$plain[0]";
    },
    'acl list' => sub {
        my ($given, @plain) = options(\@_, %output);
        arguments(0, @plain);
        show_list($given, [map { { path => $_->[0], type => $_->[1], ugid => $_->[2], roleid => $_->[3], propagate => \($_->[4]) } } acl()]);
    },
    'acl modify' => sub { acl_command(0, @_) },
    'acl delete' => sub { acl_command(1, @_) },
    'role add' => sub {
        my ($given, @plain) = options(\@_, privs => \&any);
        arguments(1, @plain);
        fail("create role failed: role '$plain[0]' already exists") if roles()->{$plain[0]};
        keep("$state/roles/$plain[0]", ($given->{privs} // '') . "\n");
    },
);

sub user_command {
    my ($what, @words) = @_;
    my %known = (map({ $_ => \&any } qw(comment email firstname lastname)), enable => \&boolean, expire => \&integer, groups => list_of($name_re, 'group name'));
    $known{password} = sub { length($_[0]) >= 8 ? undef : 'value must be at least 8 characters long' } if $what eq 'create';
    my ($given, @plain) = options(\@words, %known);
    arguments(1, @plain);
    my $user = $plain[0];
    bad('userid', "invalid format - value '$user' does not look like a valid user name\n") if $user !~ /^$user_re$/;
    my $file = "$state/users/$user";
    fail("create user failed: user '$user' already exists") if $what eq 'create' && -e $file;
    fail("update user failed: no such user ('$user')") if $what eq 'update' && !-e $file;
    my %u = $what eq 'update' ? read_pairs($file) : (enable => 1);
    for my $group (split /[\s,;]+/, $given->{groups} // '') { fail("$what user failed: no such group '$group'") if !-e "$state/groups/$group" }
    for my $key (qw(comment email firstname lastname expire)) { $u{$key} = $given->{$key} if defined $given->{$key} }
    $u{groups} = join(',', sort split /[\s,;]+/, $given->{groups}) if defined $given->{groups};
    $u{enable} = is_true($given->{enable}) if defined $given->{enable};
    delete $u{$_} for grep { $u{$_} eq '' } keys %u;
    keep_pairs($file, %u);
}

sub acl_command {
    my ($delete, @words) = @_;
    my ($given, @plain) = options(\@words, propagate => \&boolean, users => list_of($user_re, 'user name'), groups => list_of($name_re, 'group name'), tokens => \&any, roles => list_of($name_re, 'role name'));
    arguments(1, @plain);
    fail("400 Parameter verification failed.\nroles: property is missing and it is not optional\npveum acl modify <path> --roles <string> [OPTIONS]") if !defined $given->{roles};
    bad('users', "either 'users', 'groups' or 'tokens' is required.") if !length(($given->{users} // '') . ($given->{groups} // '') . ($given->{tokens} // ''));
    my $path = $plain[0];
    $path =~ s!/+!/!g; $path =~ s!/$!!; $path = "/$path" if $path !~ m!^/!;
    if (!$delete && $path !~ m!^(/|/access(/groups(/$name_re)?|/realm(/$name_re)?)?|/nodes(/$name_re)?|/pool(/$name_re){0,3}|/sdn|/sdn/zones(/$name_re){0,2}|/storage(/$name_re)?|/vms(/[1-9][0-9]{2,})?|/mapping(/$name_re){0,2})$!) {
        bad('path', "invalid ACL path '$plain[0]'");
    }
    my %all = map { ("$_->[0] $_->[1] $_->[2] $_->[3]" => $_->[4]) } acl();
    my $propagate = defined $given->{propagate} ? is_true($given->{propagate}) : 1;
    for my $role (split /[\s,;]+/, $given->{roles}) {
        fail("ACL update failed: role '$role' does not exist") if !roles()->{$role};
        for my $pair (map({ ['group', $_] } split(/[\s,;]+/, $given->{groups} // '')), map({ ['user', $_] } split(/[\s,;]+/, $given->{users} // ''))) {
            my ($type, $who) = @$pair;
            fail("ACL update failed: $type '$who' does not exist") if !-e "$state/${type}s/$who";
            if ($delete) { delete $all{"$path $type $who $role"} } else { $all{"$path $type $who $role"} = $propagate }
        }
    }
    keep_acl(map { [split(/ /), $all{$_}] } keys %all);
}

# --- VMs -----------------------------------------------------------------------------------

sub vmid { my ($id, $key) = @_; bad($key // 'vmid', "type check ('integer') failed - got '$id'") if $id !~ /^\d+$/; bad($key // 'vmid', 'value does not look like a valid VM ID') if $id !~ /^[1-9][0-9]{2,8}$/; return $id }
sub read_vm { my ($id) = @_;
    fail("Configuration file 'nodes/$node/qemu-server/$id.conf' does not exist", 2) if !-e "$state/vms/$id";
    return map { /^([a-z][a-z0-9\-]*): (.*)$/ ? ($1 => $2) : () } split(/\n/, slurp("$state/vms/$id"));
}
# The cluster's file system has them as well, where a test has made its directory.
my $files = "/etc/pve/nodes/$node/qemu-server";
sub keep_vm { my ($id, %vm) = @_;
    my $text = join('', map { "$_: $vm{$_}\n" } sort keys %vm);
    keep("$state/vms/$id", $text);
    $text =~ s/^description: /#/m;
    keep("$files/$id.conf", $text) if -d $files;
}
sub locked { my ($id, %vm) = @_; fail("VM is locked ($vm{lock})") if $vm{lock} }
sub running { return -e "$state/running/$_[0]" }
sub random_mac { return join(':', 'BC', '24', '11', map { sprintf('%02X', int rand 256) } 1 .. 3) }
sub uuid { my $hex = join('', map { sprintf('%04x', int rand 65536) } 1 .. 8); return join('-', unpack('A8A4A4A4A12', $hex)) }
my $models = join('|', qw(e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er ne2k_isa ne2k_pci pcnet rtl8139 virtio vmxnet3));
my $mac_re = qr/[a-f0-9][02468ace](?::[a-f0-9]{2}){5}/i;

# A NIC as it is kept: model and MAC first, a MAC of its own where none is said.
sub net { my ($text) = @_;
    my ($model, $mac, %more);
    for my $part (split /,/, $text) {
        my ($key, $value) = $part =~ /^([^=]+)=(.*)$/ ? ($1, $2) : ('model', $part);
        if ($key eq 'model') { $model = $value }
        elsif ($key eq 'macaddr') { $mac = $value }
        elsif ($key =~ /^($models)$/) { ($model, $mac) = ($key, $value) }
        elsif ($key eq 'bridge') { return (undef, "format error\nbridge: invalid bridge ID '$value'") if $value !~ /^[\-_.\w]+$/; $more{$key} = $value }
        elsif ($key eq 'tag') { return (undef, "format error\ntag: value must have a maximum value of 4094") if $value !~ /^\d+$/ || $value < 1 || $value > 4094; $more{$key} = $value }
        elsif ($key =~ /^(firewall|link_down|mtu|queues|rate|trunks|host-tunnel)$/) { $more{$key} = $value }
        else { return (undef, "invalid format - format error\n$key: property is not defined in schema and the schema does not allow additional properties") }
    }
    return (undef, "invalid format - format error\nmodel: value '" . ($model // '') . "' does not have a value in the enumeration") if ($model // '') !~ /^($models)$/;
    return (undef, "invalid format - format error\nmacaddr: value does not look like a valid unicast MAC address") if defined $mac && $mac !~ /^$mac_re$/;
    $mac //= random_mac();
    return (join(',', "$model=$mac", map { "$_=$more{$_}" } sort keys %more), undef);
}
sub check_net { my (undef, $why) = net($_[0]); return $why }
sub check_ipconfig {
    my %has = map { /^(ip|ip6|gw|gw6)=(.+)$/ ? ($1 => $2) : return "invalid format - format error\n$_: property is not defined in schema" } split /,/, $_[0];
    return "invalid format - format error\nip: value does not look like a valid ipv4 network configuration" if defined $has{ip} && $has{ip} !~ m!^(dhcp|[\d.]+/\d+)$!;
    return "invalid format - format error\ngw: missing property - 'ip'" if defined $has{gw} && !defined $has{ip};
    return undef;
}

my %qm = (
    list => sub {
        my @ids = sort { $a <=> $b } names('vms') or return;
        printf "%10s %-20s %-10s %-10s %12s %-10s\n", qw(VMID NAME STATUS MEM(MB) BOOTDISK(GB) PID);
        for my $id (@ids) { my %vm = read_vm($id); printf "%10s %-20s %-10s %-10s %12.2f %-10s\n", $id, $vm{name} // "VM $id", running($id) ? 'running' : 'stopped', $vm{memory} // 512, 10, 0 }
    },
    create => sub {
        my ($given, @plain) = options(\@_, name => \&any, memory => \&integer, cores => \&integer, scsi0 => \&any, agent => \&any, onboot => \&boolean, 'net[N]' => \&check_net);
        arguments(1, @plain);
        my $id = vmid($plain[0]);
        fail("unable to create VM $id - VM $id already exists on node '$node'") if -e "$state/vms/$id";
        my %vm = (%$given, smbios1 => 'uuid=' . uuid(), map { $_ => (net($given->{$_}))[0] } grep { /^net\d/ } keys %$given);
        $vm{scsi0} = "local-lvm:vm-$id-disk-0,size=10G" if $vm{scsi0};
        keep_vm($id, %vm);
    },
    template => sub {
        my ($given, @plain) = options(\@_);
        arguments(1, @plain);
        my $id = vmid($plain[0]);
        my %vm = read_vm($id);
        locked($id, %vm);
        fail("you can't convert a VM to template if VM is running") if running($id);
        fail("you can't convert a template to a template") if $vm{template};
        $vm{scsi0} =~ s/vm-$id-/base-$id-/ if $vm{scsi0};
        keep_vm($id, %vm, template => 1);
    },
    clone => sub {
        my ($given, @plain) = options(\@_, name => sub { $_[0] =~ /^([a-z0-9]([a-z0-9\-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9\-]*[a-z0-9])?$/i ? undef : "invalid format - value does not look like a valid DNS name\n" }, description => \&any, full => \&boolean, storage => \&any, pool => \&any);
        arguments(2, @plain);
        my ($from, $id) = (vmid($plain[0]), vmid($plain[1], 'newid'));
        my %vm = read_vm($from);
        locked($from, %vm);
        my $full = defined $given->{full} ? is_true($given->{full}) : !$vm{template};
        fail("parameter 'storage' not allowed for linked clones") if defined $given->{storage} && !$full;
        fail("Linked clone feature is not supported for '$vm{scsi0}' (scsi0)") if !$full && !$vm{template};
        fail("unable to create VM $id: config file already exists") if -e "$state/vms/$id";
        print "create linked clone of drive scsi0 ($vm{scsi0})\n" if $vm{scsi0} && !$full;
        delete $vm{template};
        for my $key (grep { /^net\d/ } keys %vm) { my $mac = random_mac(); $vm{$key} =~ s/^([^=]+)=$mac_re/$1=$mac/ }
        $vm{scsi0} =~ s!:base-$from-disk-0!:base-$from-disk-0/vm-$id-disk-0! if $vm{scsi0};
        $vm{name} = $given->{name} // "Copy-of-VM-$vm{name}";
        $vm{description} = $given->{description} if length($given->{description} // '');
        $vm{smbios1} = 'uuid=' . uuid();
        keep_vm($id, %vm);
    },
    set => sub {
        my ($given, @plain) = options(\@_, 'net[N]' => \&check_net, 'ipconfig[N]' => \&check_ipconfig, name => \&any, onboot => \&boolean, description => \&any, memory => \&integer, delete => \&any);
        arguments(1, @plain);
        my $id = vmid($plain[0]);
        my %vm = read_vm($id);
        locked($id, %vm);
        for my $key (split /[\s,;]+/, delete($given->{delete}) // '') {
            bad('delete', "unable to delete required option '$key'") if $key eq 'smbios1';
            print STDERR "cannot delete '$key' - not set in current configuration!\n" if !defined $vm{$key};
            delete $vm{$key};
        }
        my %new = map { $_ => /^net\d/ ? (net($given->{$_}))[0] : $given->{$_} } keys %$given;
        print "update VM $id: " . join(' ', map { "-$_ $new{$_}" } sort keys %new) . "\n";
        keep_vm($id, %vm, %new);
    },
    config => sub {
        my ($given, @plain) = options(\@_, current => \&boolean);
        arguments(1, @plain);
        my %vm = read_vm(vmid($plain[0]));
        for my $key (sort keys %vm) { my $value = $vm{$key}; $value =~ s/([^\x20-\x39\x3b-\x7e])/sprintf('%%%02X', ord $1)/ge if $key eq 'description'; print "$key: $value\n" }
    },
    status => sub {
        my ($given, @plain) = options(\@_, verbose => \&boolean);
        arguments(1, @plain);
        my $id = vmid($plain[0]);
        read_vm($id);
        print 'status: ', running($id) ? 'running' : 'stopped', "\n";
    },
    listsnapshot => sub {
        my ($given, @plain) = options(\@_);
        arguments(1, @plain);
        my $id = vmid($plain[0]);
        read_vm($id);
        my $snapshots = slurp("$state/snapshots-$id");
        print "`-> $snapshots  2026-01-01 00:00:00     no-description\n " if $snapshots;
        print "`-> current                                             You are here!\n";
    },
    start => sub {
        my ($given, @plain) = options(\@_);
        arguments(1, @plain);
        my $id = vmid($plain[0]);
        my %vm = read_vm($id);
        locked($id, %vm);
        fail("you can't start a vm if it's a template") if $vm{template};
        fail("VM $id already running") if running($id);
        for my $key (sort grep { /^net\d/ } keys %vm) { my ($bridge) = $vm{$key} =~ /bridge=([^,]+)/ or next; fail("bridge '$bridge' does not exist\nstart failed: QEMU exited with code 1") if !-d "/sys/class/net/$bridge" }
        keep("$state/running/$id", "yes\n");
    },
    stop => sub { my ($given, @plain) = options(\@_); arguments(1, @plain); read_vm(vmid($plain[0])); unlink "$state/running/$plain[0]" },
    destroy => sub {
        my ($given, @plain) = options(\@_, purge => \&boolean, skiplock => \&boolean, 'destroy-unreferenced-disks' => \&boolean);
        arguments(1, @plain);
        my $id = vmid($plain[0]);
        my %vm = read_vm($id);
        fail("VM $id is running - destroy failed") if running($id);
        locked($id, %vm);
        fail("can't remove VM $id - protection mode enabled") if $vm{protection};
        for my $other (grep { $_ ne $id } names('vms')) { my %o = read_vm($other); fail("base volume 'local-lvm:base-$id-disk-0' is still in use by linked cloned") if ($o{scsi0} // '') =~ m!base-$id-disk-0/! }
        keep_acl(grep { $_->[0] ne "/vms/$id" } acl());
        unlink "$state/vms/$id", "$files/$id.conf";
    },
);

my %pvesh = (
    'get /cluster/resources' => sub {
        my ($given, @plain) = options(\@_, type => sub { $_[0] =~ /^(vm|storage|node|sdn)$/ ? undef : "value '$_[0]' does not have a value in the enumeration 'vm, storage, node, sdn'" }, %output);
        arguments(0, @plain);
        show_list($given, [map { my %vm = read_vm($_); { id => "qemu/$_", node => $node, type => 'qemu', vmid => \"$_", name => $vm{name} // "VM $_", status => running($_) ? 'running' : 'stopped', template => \($vm{template} // 0) } } names('vms')]);
    },
);

keep("$state/users/root\@pam", "enable 1\n") if !-e "$state/users/root\@pam";
my @words = @ARGV;
my ($commands, $deep) = $tool eq 'qm' ? (\%qm, 1) : $tool eq 'pveum' ? (\%pveum, 2) : (\%pvesh, 2);
my $command = join(' ', splice(@words, 0, $deep));
fail("ERROR: unknown command '$tool $command'\nUSAGE: $tool <COMMAND> [ARGS] [OPTIONS]") if !$commands->{$command};
open(my $log, '>>', "$state/log") or fail("cannot write the log: $!");
print $log join(' ', $tool, @ARGV), "\n";
close($log);
$commands->{$command}->(@words);
exit 0;
