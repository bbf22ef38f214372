# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may use this fragment.

"""The options that a decision needs, which the actions share."""

from __future__ import annotations


class ModuleDocFragment:
    """``rightscope.deploy.decision``."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - The service's name, and the name of what is made for it in every form.
      - A DNS label, that is lower-case letters, digits and C(-), at most 63 of them, a letter first.
    type: str
    required: true
  requirements:
    description:
      - What the service needs. Each need that is left out constrains nothing.
      - A key that is not known is an error, and so is a need that contradicts another.
      - An entry of a list may be a plain value or a mapping with the key C(name), and an entry of
        O(requirements.labels) or O(requirements.kernel.sysctls) a mapping with the key C(value). With C(optional=true)
        in it, it is a wish. It counts in the score and never rejects a candidate.
    type: dict
    default: {}
    suboptions:
      os_family:
        description:
          - The operating system it needs, by family (V(debian), V(redhat), V(suse), ...) or by name (V(ubuntu),
            V(freebsd), V(windows), ...).
          - V(linux) is any Linux, V(any) an application that brings all it needs.
        type: str
        default: linux
      os_version:
        description: The release of it. V(12) takes any 12.x.
        type: str
      architecture:
        description: The architectures it can run on, such as V(x86_64) or V(aarch64).
        type: list
        elements: str
      cpu_level:
        description:
          - The micro-architecture level of x86_64 that its programs are built for.
          - The physical processor must reach it. The CPU model of a VM is chosen so that the guest sees it.
        type: str
        choices:
          - x86-64-v1
          - x86-64-v2
          - x86-64-v3
          - x86-64-v4
      cpu_features:
        description: Flags of the processor, as C(/proc/cpuinfo) has them, such as V(avx) or V(aes).
        type: list
        elements: raw
      processes:
        description:
          - How many long-running processes it has, or a list of them with the keys C(name), C(image) and C(command).
          - Several processes with an image each become that many Docker containers on one network; otherwise they need
            an instance of Linux.
        type: raw
        default: 1
      init:
        description:
          - Whether it wants an init system as PID 1.
          - The mapping with C(supervised=true) says of an image that it has a supervisor of its own and counts as one
            application.
        type: raw
        default: false
      kernel:
        description: What it needs of the kernel that it runs on.
        type: dict
        suboptions:
          version:
            description: A range of versions, such as V(>=5.15,<6.12).
            type: str
          own:
            description: Whether it must not share a kernel.
            type: bool
            default: false
          flavour:
            description: A special kernel, such as V(preempt-rt).
            type: str
          modules:
            description:
              - Modules that must be loaded in the kernel it runs on, by name, or as mappings with the keys C(name),
                C(version), a range, C(parameters), a mapping, and C(optional).
              - A VM loads its own.
            type: list
            elements: raw
          sysctls:
            description:
              - Settings by name. A number is a minimum, V(==N) means exactly that, a text the very same.
              - A setting that is namespaced is set for the container alone. Any other must have its value on the host.
            type: dict
          parameters:
            description: Words of the boot command line, such as V(intel_iommu=on).
            type: list
            elements: raw
          features:
            description:
              - What it does with the kernel, such as V(tun), V(fuse), V(kvm), V(ebpf), V(btf), V(io_uring),
                V(nested_containers), V(user_namespaces), V(nfs_mount), V(cgroup_v2), V(load_modules) or V(wireguard).
              - The collection knows what each takes in each form, and grants that. All of them are in its
                C(docs/tables.md).
            type: list
            elements: raw
      privileges:
        description:
          - What its container form must be granted. Capabilities such as V(NET_ADMIN), or V(privileged),
            V(seccomp_unconfined), V(apparmor_unconfined), V(host_pid).
          - A VM has them by itself.
        type: list
        elements: raw
      devices:
        description:
          - Devices of the host. A path such as V(/dev/dri/renderD128), or a mapping with one of the keys C(path),
            C(pci), C(usb), and C(gpu), which is how many.
        type: list
        elements: raw
      host_view:
        description: Whether it must see the host's own processes, as monitoring agents do.
        type: bool
        default: false
      host_network:
        description: Whether it must use the host's own network interfaces.
        type: bool
        default: false
      isolation:
        description: What must separate it from its neighbours, at least.
        type: str
        choices:
          - process
          - user_namespace
          - machine
        default: process
      cpus:
        description: Processors it needs, and is limited to. Parts are possible, V(0.5) is half of one.
        type: float
      memory:
        description:
          - Memory it needs, and is limited to, such as V(512 MiB) or V(4 GiB). A plain number is in MiB.
          - Of several containers each is limited to all of it.
        type: str
      disk:
        description:
          - Disk it needs, such as V(20 GiB). A plain number is in GiB.
          - It sizes the root disk of an LXC container and of a VM. Docker cannot limit it on most storage drivers.
        type: str
      shm:
        description: Shared memory (C(/dev/shm)) it needs. A plain number is in MiB.
        type: str
      address:
        description: Whether it needs an address of its own in the network outside, or published ports are enough.
        type: str
        choices:
          - shared
          - own
        default: shared
      nics:
        description: How many network interfaces of its own it needs.
        type: int
      ports:
        description:
          - What it listens on, such as V(80), V(53/udp), or V(8080:80) with the host's port first, or a mapping with
            the keys C(port), C(host), C(protocol), C(process) and C(optional).
          - A Docker container publishes them, unless O(as) says how. A host's port that is named must be free there.
            Where none is named the engine picks one, on all addresses, and another at each start.
        type: list
        elements: raw
      snapshots:
        description: Whether the platform must be able to take snapshots of the whole.
        type: bool
        default: false
      live_migration:
        description: Whether it must be able to move to another host while it runs.
        type: bool
        default: false
      labels:
        description:
          - Labels that must equal those in the target's variable C(rightscope_labels), as texts.
        type: dict
      forms:
        description: The forms that are allowed. All are, if not set.
        type: list
        elements: str
        choices:
          - docker_container
          - lxd_container
          - proxmox_vm
      max_privilege:
        description:
          - How far grants may go, those under O(as) too. V(capabilities) are single capabilities and devices,
            V(nesting) containers inside and unfiltered system calls, V(privileged) the host's root.
        type: str
        choices:
          - none
          - capabilities
          - nesting
          - privileged
        default: capabilities
  as:
    description:
      - How it is made in each form, in the options of the module that does the work.
      - A form without an entry here is a candidate only where an image or template of the wanted system is there. A
        Docker container always needs an image.
    type: dict
    default: {}
    suboptions:
      docker_container:
        description: Options of M(community.docker.docker_container).
        type: dict
      lxd_container:
        description: Options of M(community.general.lxd_container).
        type: dict
      proxmox_vm:
        description:
          - Options of M(community.proxmox.proxmox_kvm). The template is named in
            O(community.proxmox.proxmox_kvm#module:clone).
          - A cloud-init password is set when the VM is made, since it can never be read back and compared.
        type: dict
  targets:
    description:
      - The targets to choose from, as names of inventory hosts, groups, or patterns with C(*).
      - If not set, the hosts of the group C(rightscope_targets).
      - The service is looked for on all hosts of that group in any case, for it has one place only.
    type: list
    elements: str
  weights:
    description:
      - What each preference counts, by its name. 1, if not set, and 0 for V(packing).
      - V(headroom) is the share of memory that stays free, so services spread. V(packing) is the share that is taken,
        so they pack.
      - V(image_present) is that nothing must be fetched, V(fewest_grants) that little is granted, V(free_ports) the
        share of its ports that nobody else uses, V(preferred_labels) the share of optional labels that the target has,
        V(wishes) the share of the other optional needs that come true.
    type: dict
    default: {}
  unknown:
    description:
      - What to make of a need that cannot be checked.
      - V(reject) takes it for a no, and says how to let it be known. V(accept) goes on with a warning.
    type: str
    choices:
      - reject
      - accept
    default: reject
  discovery_timeout:
    description: How long a target may take to answer, in seconds. All targets are asked at once.
    type: float
    default: 10.0
  facts_ttl:
    description:
      - In a loop, for how many seconds what an earlier item learned of the targets is taken to be true. Where a service
        is, is looked for anew for each item, and after a change everything is.
      - With C(until), and where there is no loop, nothing is kept.
    type: float
    default: 5.0
    version_added: 0.2.0
requirements:
  - voluptuous (Python library on the controller)
  - docker, pylxd, proxmoxer (Python libraries, each for targets of its kind, where their API is asked from)
notes:
  - A target is an inventory host. Its variable C(rightscope_kind) is V(docker), V(lxd) (for Incus too) or V(proxmox);
    C(rightscope_options) are the connection options of the module that does the work; C(rightscope_labels) and
    C(rightscope_facts) are what you say of it.
  - With C(rightscope_probe=container) an engine that is reached by its API alone is looked into by a container that
    reads and is removed again, made from the image in C(rightscope_probe_image).
  - With C(rightscope_recorded), the path of a file, a target is known from facts that were saved before. A decision on
    it is real, and nothing can be provisioned there.
  - The target is reached by its own connection variables, whatever host the play is on. An API target has
    C(ansible_connection=local).
  - C(module_defaults) of the modules that do the work are not applied. Put such options under O(as).
"""
