"""The same twenty files, as a pyinfra user writes them."""

from pyinfra import host
from pyinfra.operations import files

for number in range(20):
    files.template(
        name=f"file {number}",
        src=f"templates/{number}.j2",
        dest=f"/etc/bench-{number}.conf",
        mode="644",
        inventory_hostname=host.name,
        address=host.data.address,
        revision=host.data.revision,
        changing=host.data.changing,
        # What Ansible and rappel do by themselves: without it, every file has other lines.
        jinja_env_kwargs={"trim_blocks": True},
    )
