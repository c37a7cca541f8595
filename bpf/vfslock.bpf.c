// SPDX-License-Identifier: GPL-2.0-only
/* The kernel side: observes calls, holds no rules. */
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
#include "frames.h"
#include "lockword.h"
#include "follow.h"
#include "learn.h"
#include "probes.h"

char LICENSE[] SEC("license") = "GPL";
