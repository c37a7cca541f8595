/* SPDX-License-Identifier: GPL-2.0-only */
/* One audit, from the mount point to the counts: the stages in order, and what they share. */
#ifndef VFSLOCK_AUDIT_H
#define VFSLOCK_AUDIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "collect.h"
#include "cost.h"
#include "discover.h"
#include "filter.h"
#include "follow.h"
#include "locks.h"
#include "owners.h"
#include "plan.h"
#include "spec_import.h"
#include "suppress.h"
#include "templates.h"

#define AUDIT_MAX_MOUNTS 64
/* A mount's super_block, disk and type. */
#define AUDIT_MAX_OWNERS (3 * AUDIT_MAX_MOUNTS)

_Static_assert(AUDIT_MAX_OWNERS <= VL_OWNERS, "each has a place of its own");

/* A table that was met while the audit ran: calls before it was attached were not seen. */
struct late_table {
	int ops, target;
	char found[32];
	double met_seconds, attached_seconds; /* since the start */
	int functions;
};

/* As long as the kernel waits before it tells of a task that hangs (hung_task_timeout_secs). */
#define AUDIT_UNLOCK_SECONDS 120.0

struct audit_options {
	char **paths; /* mount points */
	int n_paths;
	const char *latency; /* see struct plan */
	const char *spec;    /* a document to audit against, or NULL for the compiled rules */
	enum attach_policy policy;
	bool track; /* the locks that tasks hold, by hooks on the lock functions */
	enum lock_source lock_source;
	double unlock_seconds; /* a folio that is not unlocked in this time is taken not to be at all; 0: the default */
	bool quiet;            /* no progress on stderr */
	bool no_cost;          /* do not sample the programs' run time */
	bool daemon;           /* goes on when all is unmounted, and takes up what comes back */
	bool every_call;       /* on_call hears of every suspicious call, not only of each path's first */
	size_t ring_bytes;     /* of the ring buffer; 0: the default */
	struct task_filter tasks;
	struct rule_filter rules;
	const char *suppress; /* a file of suppressions, or NULL */
	int stop_fd;          /* becomes readable when attaching is to be given up; 0: never */
	void (*on_call)(void *user, const struct vl_call_event *ev); /* see struct collect_events; may be NULL */
	void *user;
};

struct audit {
	struct audit_options options;
	struct kbtf *kbtf;
	struct kmem *kmem;
	struct ksyms *ksyms;
	struct discovery *discovery;
	struct templates *templates;
	struct collector *collector;
	struct follower *follower;  /* NULL: this kernel does not show that folios are unlocked */
	struct lock_tracker *locks; /* NULL: lock words only */
	struct plan plan;
	struct imported imported; /* of options.spec */
	struct cost cost;
	struct target *targets; /* each stays where it is */
	int n_targets;
	time_t judged_at;         /* when breaches are judged, as suppressions end some day; 0: now */
	char types[VL_TYPES][32]; /* of their filesystems; a signature has the number */
	int n_types;
	struct suppressions *suppressions; /* or NULL */
	int *tables_planned;               /* of each target's tables */
	struct owner owners[AUDIT_MAX_OWNERS];
	int n_owners;
	__u32 multiplier; /* of vl_owner_index() */
	__u64 swept_ns;   /* held locks and followed folios */
	struct late_table *late;
	int n_late;
	bool unmounted;      /* all of them: the audit is over */
	bool mounts_changed; /* set when one goes or comes, for the user to clear */
	bool sealed;         /* the right to attach was given up */
	int attach_error;    /* of the last audit__attach_new() */
	__u64 attach_ns;     /* CLOCK_MONOTONIC: when that was, for audit__poll() */
	double attach_seconds, start_cpu_seconds;
	__u64 start_ns, stop_ns; /* CLOCK_MONOTONIC */
	__u64 start_wall_ns;     /* CLOCK_REALTIME, of start_ns */
};

/* Finds out what stands in the way of any audit, and prints it with the remedy. Returns 0 or -EPERM. */
int audit__check_kernel(void);

/* Discovers and plans; attaches nothing. All errors have been printed. */
int audit__open(struct audit *a, const struct audit_options *options);

/* Opens the BPF object; audit__start() does it too. */
int audit__open_templates(struct audit *a);

/* Attaches everything; from then on calls are counted. */
int audit__start(struct audit *a);

/*
 * Waits up to @timeout_ms, judges what is new, attaches tables met meanwhile. A daemon goes on where that fails, and
 * tries again every ten seconds.
 */
int audit__poll(struct audit *a, int timeout_ms);

/* Makes all programs inert, at once, and reads the final counts. */
int audit__stop(struct audit *a);

/*
 * Lets go of everything. The programs are inert already; a child closes them, as each takes the kernel up to 0.14 s, so
 * that the prompt returns at once.
 */
void audit__close(struct audit *a);

/* The mount with this number, or NULL. */
const struct target *audit__target_of(const struct audit *a, int target);

/*
 * Plans and attaches the functions of tables that were met since. Negative errno if that cannot go on, with a message
 * unless the last attempt failed in the same way; the next one takes along what is missing.
 */
int audit__attach_new(struct audit *a);

/* No more programs will be attached: what is met from now on is listed with that reason. */
void audit__seal(struct audit *a);
bool audit__can_attach(const struct audit *a);

double audit__seconds(const struct audit *a);     /* how long calls were counted */
size_t audit__map_bytes(const struct audit *a);   /* kernel memory of all tables */
double audit__cpu_seconds(const struct audit *a); /* user and system time of this process since the start */

#endif
