"""Takes from this process what reading a document never needs: network, programs, processes, other people's files.

Two means of the Linux kernel, both without privileges: a seccomp filter (libseccomp, by pyseccomp) refuses system
calls, Landlock refuses paths. Where one of them is missing, `confine` says what is left open.
"""

from __future__ import annotations

import contextlib
import errno
import os
import site
import sys
from collections.abc import Iterator
from pathlib import Path

# New sockets, with any address family; io_uring would open them past the filter.
_NETWORK = ("socket", "connect", "bind", "listen", "accept", "accept4", "io_uring_setup")
_PROGRAMS = ("execve", "execveat", "fork", "vfork")
_OTHER_PROCESSES = (
    *("kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal", "pidfd_getfd"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "setpriority", "sched_setaffinity"),
)
_FILES = (
    *("creat", "truncate", "mknod", "mknodat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "link", "linkat"),
    *("symlink", "symlinkat", "rename", "renameat", "renameat2", "chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "utimensat", "utimes"),
)
_KERNEL = (
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_by_handle_at", "bpf", "perf_event_open"),
    *("userfaultfd", "keyctl", "add_key", "request_key", "personality", "fanotify_init"),
    *("open_tree", "move_mount", "fsopen", "mount_setattr", "init_module", "finit_module", "kexec_load"),
)
# Their arguments lie in memory, where a filter cannot look; libc falls back to the older calls.
_UNSEEN = ("clone3", "openat2")
_CLONE_THREAD = 0x00010000
# Landlock, where it is, knows by their paths what may be written: nothing but /dev/null.
_WRITING = (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC)

# What libraries read while they load or work; nothing in it is a secret.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/fonts"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system", "/sys/fs/cgroup"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)


def confine() -> tuple[str, ...]:
    """Confines this process for ever; call it while it has one thread.

    Returns what is not closed off, in words that follow "the parsing process": () where all is.
    """
    with contextlib.suppress(Exception):  # it is said below
        import pyseccomp  # noqa: F401 - it looks for libseccomp with a program and a file: both are refused soon
    files = tuple(_refuse_paths())
    return (*_refuse_calls(without_landlock=bool(files)), *files)


def _refuse_calls(*, without_landlock: bool) -> Iterator[str]:
    try:
        _load_filter(no_writing=without_landlock)
    except Exception as error:  # no such library, an old kernel, a container that forbids it: whatever it is, say it
        yield f"has network access and may start programs: no seccomp ({error or type(error).__name__})"
        if without_landlock:
            yield "may write every file of its user: neither seccomp nor Landlock"


def _load_filter(*, no_writing: bool) -> None:
    import pyseccomp as seccomp

    calls = seccomp.SyscallFilter(seccomp.ALLOW)
    refused = seccomp.ERRNO(errno.EPERM)
    for name in (*_NETWORK, *_PROGRAMS, *_OTHER_PROCESSES, *_FILES, *_KERNEL):
        calls.add_rule(refused, name)
    for name in _UNSEEN:
        calls.add_rule(seccomp.ERRNO(errno.ENOSYS), name)
    # Threads are allowed, processes are not; abort() signals its own process, no other.
    calls.add_rule(refused, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    calls.add_rule(refused, "tgkill", seccomp.Arg(0, seccomp.NE, os.getpid()))
    for flag in _WRITING if no_writing else ():
        calls.add_rule(refused, "open", seccomp.Arg(1, seccomp.MASKED_EQ, flag, flag))
        calls.add_rule(refused, "openat", seccomp.Arg(2, seccomp.MASKED_EQ, flag, flag))
    calls.load()


def _refuse_paths() -> Iterator[str]:
    try:
        _apply_rules()
    except Exception as error:  # as above
        yield f"may read every file of its user: no Landlock ({error or type(error).__name__})"


def _apply_rules() -> None:
    from landlock import FSAccess, Ruleset

    rules = Ruleset()
    readable = FSAccess.READ_FILE | FSAccess.READ_DIR
    for path in _readable():
        if path.exists():
            rules.allow(path, rules=readable if path.is_dir() else FSAccess.READ_FILE)
    rules.allow("/dev/null", rules=FSAccess.READ_FILE | FSAccess.WRITE_FILE)  # where libraries send their words
    rules.apply()


def _readable() -> Iterator[Path]:
    """Where Python, its packages, native libraries and OCR data lie; not the working directory, not HOME."""
    package = Path(__file__).parents[1]
    yield package
    yield from (Path(name) for name in _SYSTEM)
    yield from (Path(name) for name in (sys.prefix, sys.base_prefix, *site.getsitepackages()))
    if site.ENABLE_USER_SITE:
        yield Path(site.getusersitepackages())
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    yield from (Path(name) for name in given if name and Path(name) != package.parent)
    if data := os.environ.get("TESSDATA_PREFIX"):
        yield Path(data)
