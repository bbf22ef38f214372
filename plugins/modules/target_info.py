#!/usr/bin/python
#
# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a target offers: thin over module_utils/_discovery."""

from __future__ import annotations

DOCUMENTATION = r"""
module: target_info
short_description: Ask a deployment target what it offers and what is on it
version_added: 0.1.0
author:
  - rightscope.deploy contributors (@rightscope)
description:
  - Asks a Docker engine, an LXD or Incus server, or a Proxmox VE cluster for the facts that the placement of a
    service is decided on, and for the instances that are there.
  - It runs where the API is to be asked from. What no API tells, such as kernel modules and settings, devices, and the
    free disk of a Docker engine, is known only where the engine runs on that very machine. A fact that is not known
    is left out.
  - Without O(service), what it returns holds no secret.
options:
  kind:
    description: The API that the target speaks. V(lxd) is for Incus too.
    type: str
    required: true
    choices:
      - docker
      - lxd
      - proxmox
  options:
    description:
      - Connection options, named as those of the module that will do the work, which are
        P(community.docker.docker_container#module), P(community.general.lxd_container#module) and
        P(community.proxmox.proxmox_kvm#module). The same environment variables stand in for the ones that are not set.
      - An option that the O(kind) does not have is an error.
    type: dict
    suboptions:
      docker_host:
        description:
          - For O(kind=docker). The address of the engine, such as V(unix:///var/run/docker.sock), V(tcp://dock1:2376)
            or V(ssh://deploy@dock1). Over V(ssh://) the Python library C(paramiko) is needed.
          - If not set, the environment variable E(DOCKER_HOST), else V(unix:///var/run/docker.sock).
        type: str
      tls:
        description: For O(kind=docker). Use TLS, without verifying the engine's certificate.
        type: bool
      validate_certs:
        description:
          - For O(kind=docker) and O(kind=proxmox). Use TLS and verify the certificate.
          - The default is V(true) for O(kind=proxmox), and V(false) for O(kind=docker), unless the environment variable
            E(DOCKER_TLS_VERIFY) or E(PROXMOX_VALIDATE_CERTS) says otherwise.
        type: bool
      tls_hostname:
        description: For O(kind=docker). The name that the engine's certificate is to be made for.
        type: str
      ca_path:
        description:
          - For O(kind=docker) and O(kind=proxmox). File with the CA certificate to verify against.
          - It wins over E(REQUESTS_CA_BUNDLE).
        type: path
      client_cert:
        description: For O(kind=docker) and O(kind=lxd). File with the client's certificate.
        type: path
      client_key:
        description: For O(kind=docker) and O(kind=lxd). File with the key of O(options.client_cert).
        type: path
      api_version:
        description: For O(kind=docker). The API version to use; asked from the engine if not set.
        type: str
      timeout:
        description: For O(kind=docker). Seconds for each call, where less than O(timeout).
        type: float
      use_ssh_client:
        description: For O(kind=docker). Use the C(ssh) program for V(ssh://) addresses.
        type: bool
      url:
        description:
          - For O(kind=lxd). The address of the server, such as V(unix:/var/lib/incus/unix.socket) or
            V(https://lab:8443).
          - If not set, the first of the sockets of LXD, of LXD from a snap, and of Incus that exists.
        type: str
      snap_url:
        description: For O(kind=lxd). The address to use where O(options.url) is not set and this socket exists.
        type: str
      trust_password:
        description:
          - For O(kind=lxd). The password that makes the server trust O(options.client_cert).
          - It is used only where the server does not trust it yet, and is the one thing that this module may change.
        type: str
      project:
        description: For O(kind=lxd). The project to look into.
        type: str
      server_cert:
        description: For O(kind=lxd). File with the server's own certificate, where no CA vouches for it.
        type: path
      api_host:
        description: For O(kind=proxmox). Host name or address of a node; required there.
        type: str
      api_port:
        description: For O(kind=proxmox). The API's port, V(8006) if not set.
        type: int
      api_user:
        description: For O(kind=proxmox). The user with its realm, such as V(deploy@pve); required there.
        type: str
      api_password:
        description: For O(kind=proxmox). The user's password.
        type: str
      api_token_id:
        description: For O(kind=proxmox). The name of an API token, used instead of a password.
        type: str
      api_token_secret:
        description: For O(kind=proxmox). The token's secret.
        type: str
  service:
    description:
      - Name of a service. Only instances with this name or this service's mark are returned, with their
        whole configuration.
      - Without it, all instances with a mark are returned, without their configuration.
    type: str
  target:
    description: Name of the target; it names the node where there is only one.
    type: str
    default: ''
  timeout:
    description: How long each single call to the API may take, in seconds.
    type: float
    default: 10.0
  pulled:
    description: For O(kind=docker). Names of images whose registries are asked what they have by that name now.
    type: list
    elements: str
    default: []
  files:
    description:
      - Paths of files with variables of the environment on the node, to give a digest of each.
      - Their content is not returned.
    type: list
    elements: str
    default: []
  images:
    description: For O(kind=docker). Names of images to say the platform of, which are there.
    type: list
    elements: str
    default: []
  paths:
    description:
      - For O(kind=docker) and O(kind=lxd). Paths of the node to say what they lead to, where the engine runs on the
        node that this module runs on.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  probe:
    description:
      - For O(kind=docker) and O(kind=lxd). How to look into the kernel of an engine on Linux that is reached by its API
        alone, so that what no API tells is known all the same, such as its modules and settings.
      - With V(container) a container is made from an image that is there, reads C(/proc) and C(/sys) as nobody, and is
        removed again. It has no network, and with Docker neither capabilities nor anything to write to. In check mode
        it is made too, for without it the answer would be another one.
      - Where the engine runs on the very machine that asks, nothing is made.
    type: str
    choices:
      - container
    version_added: 0.2.0
  probe_image:
    description:
      - For O(probe=container). The image, which must be there and have a shell and C(grep).
      - If not set, the first one that is known to do, such as C(busybox), C(alpine) or C(debian).
      - An image of LXD or Incus is named by its alias.
    type: str
    version_added: 0.2.0
  only_instances:
    description: Return RV(instances) instead of RV(target_facts), with as few calls as possible.
    type: bool
    default: false
attributes:
  action:
    support: none
  async:
    support: full
extends_documentation_fragment:
  - rightscope.deploy.attributes
  - rightscope.deploy.attributes.info_module
  - rightscope.deploy.attributes.platform
  - rightscope.deploy.attributes.actiongroup
requirements:
  - "docker >= 5.0 (Python library) for O(kind=docker)"
  - "pylxd >= 2.2 (Python library) for O(kind=lxd), 2.3 over https and for a project"
  - "proxmoxer >= 2.0 and requests (Python libraries) for O(kind=proxmox)"
notes:
  - With O(service), a configuration may hold secrets, such as a container's environment variables. Do not keep it.
seealso:
  - module: community.docker.docker_host_info
  - module: community.proxmox.proxmox_node_info
"""

EXAMPLES = r"""
- name: Ask the Docker engine of this host
  rightscope.deploy.target_info:
    kind: docker
    target: "{{ inventory_hostname }}"
  register: found

- name: Record what it offers, for rightscope_recorded
  ansible.builtin.copy:
    content: "{{ found.target_facts | ansible.builtin.to_nice_yaml }}"
    dest: "{{ inventory_dir }}/{{ inventory_hostname }}.facts.yml"
    mode: "0644"
  delegate_to: localhost

- name: Ask a Proxmox VE cluster
  rightscope.deploy.target_info:
    kind: proxmox
    options:
      api_host: pve.example.com
      api_user: deploy@pve
      api_token_id: ansible
      api_token_secret: "{{ vault_pve_token }}"
      ca_path: /etc/ssl/pve-root-ca.pem
  delegate_to: localhost

- name: See where a service is on an LXD server
  rightscope.deploy.target_info:
    kind: lxd
    service: search
    only_instances: true
"""

RETURN = r"""
target_facts:
  description: What the target offers. The document C(docs/facts.md) of the collection explains each key.
  returned: success, unless O(only_instances=true)
  type: dict
  contains:
    facts_version:
      description: Version of this format.
      type: int
      returned: always
      sample: 1
    time:
      description: When the target was asked, in UTC.
      type: str
      returned: always
      sample: "2026-05-04T12:00:00Z"
      version_added: 0.2.0
    kind:
      description: As O(kind).
      type: str
      returned: always
      sample: docker
    server:
      description:
        - What answered, with the keys C(name) and C(version), and for O(kind=lxd) the C(url).
        - What else is known of it is for people, such as C(runtimes), C(cdi_devices) and C(swarm_role) of Docker,
          C(instance_types) and C(kernel_features) of LXD, and C(privileges) of Proxmox VE's user or token.
      type: dict
      returned: always
      sample:
        name: docker
        version: 20.10.24
    nodes:
      description: The target's nodes.
      type: list
      elements: dict
      returned: always
      contains:
        name:
          description: The node's name; that of the target where it is the only one.
          type: str
          returned: always
          sample: dock1
        online:
          description: Whether it takes instances at present. Of one that does not nothing more is known.
          type: bool
          returned: always
          sample: true
        origins:
          description: Where each fact comes from, which is V(api), V(probed) or V(estimated).
          type: dict
          returned: always
          sample:
            cpus: api
            memory_free: probed
        facts:
          description: What is known of it. V(probed) facts are known only where the engine runs on the very node.
          type: dict
          returned: always
          contains:
            os_type:
              description: What the node runs, V(linux) or V(windows).
              type: str
              returned: always
              sample: linux
            os_name:
              description: The node's operating system, for people.
              type: str
              returned: if known
              sample: Debian GNU/Linux 12 (bookworm)
            os_version:
              description: The version of the node's operating system.
              type: str
              returned: O(kind=docker)
              sample: "12"
            engine_version:
              description: The version of what answered.
              type: str
              returned: if known
              sample: 20.10.24
            architectures:
              description: The architectures that it can run.
              type: list
              elements: str
              returned: if known
              sample:
                - x86_64
            cpu_flags:
              description:
                - What its processors can do, in the kernel's words.
                - Not known of a remote Docker engine, nor of a remote LXD server; recent releases of Incus tell them.
              type: list
              elements: str
              returned: if known
              sample:
                - aes
                - avx2
                - vmx
            kernel_version:
              description: The release of its own kernel.
              type: str
              returned: if known
              sample: 6.1.0-13-amd64
            kernel_flavour:
              description: V(preempt-rt) or V(generic).
              type: str
              returned: if probed
              sample: generic
            kernel_modules:
              description: The modules that are loaded or built in, with C(_) for C(-).
              type: list
              elements: str
              returned: if probed
              sample:
                - br_netfilter
                - overlay
            kernel_modules_complete:
              description:
                - Whether a module that is not in RV(target_facts.nodes[].facts.kernel_modules) is surely not there.
              type: bool
              returned: if probed
              sample: true
            module_versions:
              description: The versions of modules that have one of their own.
              type: dict
              returned: if probed
              sample:
                zfs: 2.1.11-1
            module_parameters:
              description: The parameters of each module that all users may read.
              type: dict
              returned: if probed
              sample:
                kvm_intel:
                  nested: Y
            kernel_sysctls:
              description: The kernel's settings, with single blanks in their values.
              type: dict
              returned: if probed
              sample:
                vm.max_map_count: '65530'
            unprivileged_sysctls:
              description:
                - Names of the kernel settings that an unprivileged container can have for itself on this kernel.
                - Tried by a process in namespaces of its own, which writes none of them.
              type: list
              elements: str
              returned: if known
              sample:
                - net.core.somaxconn
                - net.ipv4.ip_forward
              version_added: 0.2.0
            kernel_parameters:
              description: The words that the kernel was booted with. The value of what looks like a secret is masked.
              type: list
              elements: str
              returned: if probed
              sample:
                - ro
                - quiet
            kernel_btf:
              description: Whether the kernel has type information of itself for eBPF programs.
              type: bool
              returned: if probed
              sample: true
            cgroup_version:
              description: V(1) or V(2).
              type: int
              returned: if known
              sample: 2
            nested_virtualization:
              description: Whether its guests can be hypervisors.
              type: bool
              returned: if probed, and KVM is loaded
              sample: true
            devices:
              description: Paths of character and block devices.
              type: list
              elements: str
              returned: if probed
              sample:
                - /dev/kvm
                - /dev/net/tun
            pci_devices:
              description: Address, and vendor and device, of each PCI device.
              type: list
              elements: str
              returned: if known
              sample:
                - 0000:01:00.0 10de:1eb8
            usb_devices:
              description: Port or number, and vendor and product, of each USB device.
              type: list
              elements: str
              returned: if known
              sample:
                - 1-2 1a6e:089a
            gpus:
              description: How many GPUs have a driver of their own.
              type: int
              returned: if known
              sample: 1
            isolation:
              description: What separates instances, which is V(process), V(user_namespace) or V(machine).
              type: str
              returned: always
              sample: process
            cpus:
              description: Logical processors.
              type: int
              returned: if known
              sample: 8
            memory:
              description: All memory, in MiB.
              type: int
              returned: if known
              sample: 32093
            memory_free:
              description: Memory that can be had, in MiB.
              type: int
              returned: if known
              sample: 21480
            memory_reserved:
              description: Memory that all that runs there is limited to, in MiB.
              type: int
              returned: if known
              sample: 6144
            storages:
              description: Free space of each storage, in MiB.
              type: dict
              returned: if known
              sample:
                local-lvm: 102400
            storage_types:
              description: The type of each storage.
              type: dict
              returned: O(kind=lxd) or O(kind=proxmox)
              sample:
                local-lvm: lvmthin
            networks:
              description: The driver or type of each network or bridge; V(nat) for a bridge of LXD behind NAT.
              type: dict
              returned: if known
              sample:
                bridge: bridge
            project:
              description:
                - The target's own project of LXD or Incus, with its C(name).
                - Of its configuration only what bounds and forbids, C(limits.*) and C(restricted*).
              type: dict
              returned: if known
              sample:
                name: shop
                limits.memory: 8GiB
                restricted: "true"
            project_used:
              description: What all instances of that project may take together, sizes in MiB.
              type: dict
              returned: if known
              sample:
                memory: 4096
                containers: 3
            option_keys:
              description: The keys of an instance's configuration that the server knows, where it tells them.
              type: list
              elements: str
              returned: if known
              sample:
                - boot.autostart
                - user.*
            profiles:
              description:
                - The C(config) and C(devices) of each profile of LXD or Incus.
                - Of the configuration only what says what an instance may do.
              type: dict
              returned: if known
              sample:
                default:
                  config: {}
                  devices:
                    eth0:
                      type: nic
                      network: lxdbr0
            ports_taken:
              description: Ports of the node that are in use.
              type: list
              elements: str
              returned: if known
              sample:
                - 22/tcp
                - 8088/tcp
            peers:
              description: How many other nodes of its cluster are online.
              type: int
              returned: O(kind=lxd) or O(kind=proxmox)
              sample: 2
            swap_limit:
              description: Whether a container's swap can be limited.
              type: bool
              returned: O(kind=docker)
              sample: true
            limits:
              description: What the engine can limit of a container.
              type: list
              elements: str
              returned: O(kind=docker) on Linux
              sample:
                - memory
                - cpu_quota
                - pids
            api_version:
              description: Version of the engine's API that is used.
              type: str
              returned: O(kind=docker)
              sample: "1.41"
            rootless:
              description: Whether the engine runs as another user than root.
              type: bool
              returned: O(kind=docker)
              sample: false
            authorization:
              description: Plugins that the engine asks before each call.
              type: list
              elements: str
              returned: O(kind=docker)
              sample: []
            runtimes:
              description: Runtimes by which containers can be run.
              type: list
              elements: str
              returned: O(kind=docker)
              sample:
                - runc
            volume_drivers:
              description: Drivers of volumes.
              type: list
              elements: str
              returned: O(kind=docker)
              sample:
                - local
            log_drivers:
              description: Drivers of logs.
              type: list
              elements: str
              returned: O(kind=docker)
              sample:
                - json-file
                - journald
            containers:
              description: Names of all containers that are there.
              type: list
              elements: str
              returned: O(kind=docker)
              sample:
                - web
            volumes:
              description: Directory or device of the node by volume, of those that stand for one.
              type: dict
              returned: O(kind=docker)
              sample:
                media: /srv/media
            engine_paths:
              description: V(socket) or V(data) by path of the node, for what engines keep there.
              type: dict
              returned: O(kind=docker) or O(kind=lxd)
              sample:
                /var/run/docker.sock: socket
                /var/lib/docker: data
            paths:
              description: What each of O(paths) leads to; an empty text for one that is not there.
              type: dict
              returned: if the engine runs on the node
              sample:
                /srv/data: /mnt/disk1/data
            device_links:
              description: What each symbolic link to a device leads to.
              type: dict
              returned: if known
              sample:
                /dev/serial/by-id/usb-stick: /dev/ttyUSB0
            images:
              description: What an instance can be made from without a download.
              type: list
              elements: dict
              returned: always
              sample:
                - id: "900"
                  names:
                    - debian-12-cloud
                  os: debian
                  os_version: "12"
                  disk: 2252
                  disk_key: scsi0
                  storage: local-lvm
                  config:
                    ostype: l26
                    agent: "1"
    content:
      description:
        - What is behind O(pulled), below C(images), and O(files), below C(files).
        - By name a mapping with its C(digest), or with C(trouble), which says why there is none.
      type: dict
      returned: O(pulled) or O(files)
      sample:
        images:
          docker.io/library/nginx:1.29:
            digest: sha256:05b93f6b57f0d5d4b5a7b1cd6a2a4a1c0f5f1de1a4a9c9f0a3c9b7f1f5a4d3c2
        files:
          /etc/web.env:
            trouble: no such file or directory
    instances:
      description: As RV(instances).
      type: list
      elements: dict
      returned: always
      sample:
        - form: proxmox_vm
          name: search
          id: "101"
          node: pve1
          state: started
          service: search
          process: null
          addresses:
            - 192.0.2.101
          ports: []
          ready: true
          up: true
          memory: 4096
          config: {}
    next_id:
      description: The next free id of a virtual machine.
      type: int
      returned: O(kind=proxmox)
      sample: 103
    permissions:
      description:
        - Who asks, and its privileges by the path that they hold on, each with whether it holds below that path too.
        - Without C(paths) where the API does not tell them.
      type: dict
      returned: O(kind=proxmox), if the API has such a thing
      sample:
        user: deploy@pve!ansible
        paths:
          /vms:
            VM.Audit: true
instances:
  description: Instances with the name or the mark of O(service), or all with a mark.
  returned: success, if O(only_instances=true)
  type: list
  elements: dict
  sample:
    - form: docker_container
      name: web
      id: 6a62e5835d4cb729008f04dd9c61af5f5271e71858cfbd0aebe212253045c3d5
      node: dock1
      state: started
      service: web
      process: null
      addresses:
        - 172.17.0.2
      ports:
        - container: 80/tcp
          host_ip: 127.0.0.1
          host_port: 8088
      ready: true
      up: true
      memory: 256
      config: {}
  contains:
    form:
      description: What it is, such as V(docker_container), V(lxd_container) or V(proxmox_vm).
      type: str
      returned: always
    name:
      description: Its name.
      type: str
      returned: always
    id:
      description: What the target identifies it by.
      type: str
      returned: always
    node:
      description: The node that it is on.
      type: str
      returned: always
    state:
      description: V(started), V(stopped), or the engine's own word for another state.
      type: str
      returned: always
    service:
      description: The service in its mark; V(null) without a mark.
      type: str
      returned: always
    process:
      description: Which of the service's processes it is, where each is a container of its own; else V(null).
      type: str
      returned: always
    addresses:
      description: Its addresses, IPv4 before IPv6.
      type: list
      elements: str
      returned: always
    ports:
      description: Published ports, with the keys C(container), C(host_ip) and C(host_port).
      type: list
      elements: dict
      returned: always
    ready:
      description: Whether it runs, is healthy, and has the address that it is to have.
      type: bool
      returned: always
    up:
      description: Whether it runs and is healthy, with or without an address.
      type: bool
      returned: always
    memory:
      description: The memory it may take, in MiB; V(0) without a limit.
      type: int
      returned: always
    config:
      description: Its configuration as the engine tells it; empty without O(service).
      type: dict
      returned: always
remedy:
  description: What would help.
  returned: failure, if known
  type: str
  sample: Start Docker there, or set docker_host to where it listens.
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._discovery import KINDS, PROBES, DiscoveryError, discover, find, kind_of
from ..module_utils._discovery.calls import call_within

# The options of every kind: 'kind' says which of them apply. The secrets among them are masked in logs and results.
_OPTIONS = {name: argument for kind in KINDS for name, argument in kind_of(kind).module_arguments().items()}


def main():
    module = AnsibleModule(
        argument_spec={
            "kind": {"type": "str", "required": True, "choices": list(KINDS)},
            "options": {"type": "dict", "options": _OPTIONS},
            "service": {"type": "str"},
            "target": {"type": "str", "default": ""},
            "timeout": {"type": "float", "default": 10.0},
            "only_instances": {"type": "bool", "default": False},
            "images": {"type": "list", "elements": "str", "default": []},
            "pulled": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "list", "elements": "str", "default": []},
            "paths": {"type": "list", "elements": "str", "default": []},
            "probe": {"type": "str", "choices": list(PROBES)},
            "probe_image": {"type": "str"},
        },
        supports_check_mode=True,
    )
    params = module.params
    options = {name: value for name, value in (params["options"] or {}).items() if value is not None}
    arguments = (params["kind"], options, params["service"], params["target"], params["timeout"])
    probe = None if params["probe"] is None else params["probe_image"] or ""
    try:
        if params["only_instances"]:
            instances = call_within(params["timeout"], find, *arguments)
            module.exit_json(changed=False, instances=instances)
        sought = {name: params[name] for name in ("images", "pulled", "files", "paths")}
        facts = call_within(params["timeout"], discover, *arguments, probe=probe, **sought)
        module.exit_json(changed=False, target_facts=facts)
    except TimeoutError:
        message = f"it did not answer within {params['timeout']:g} s"
        module.fail_json(msg=message, remedy="Check that its engine is not stuck.")
    except DiscoveryError as exc:
        remedy = {"remedy": exc.remedy} if exc.remedy else {}
        module.fail_json(msg=exc.message, **remedy)


if __name__ == "__main__":
    main()
