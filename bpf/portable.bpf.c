// SPDX-License-Identifier: GPL-2.0-only
/* The programs of vfslock.bpf.c for kprobes, and for kernels without what those need: see read.h. */
#define VL_PORTABLE
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "shared.h"
#include "hist_layout.h"
#include "ids.h"
#include "read.h"
#include "abi.h"
#include "owners.h"
#include "preempt.h"
#include "plan.h"
#include "held.h"
#include "record.h"
#include "sleep.h"
#include "programs.h"
#include "frames_hash.h"
#include "lockword.h"
#include "follow.h"
#include "probes.h"

char LICENSE[] SEC("license") = "GPL";
