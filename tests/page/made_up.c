// SPDX-License-Identifier: GPL-2.0-only
#include "made_up.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct made_up made_up;

/* Calls, median of their durations, and of when folios were unlocked; then what went wrong when it was attached. */
#define ROW(OPS, METHOD, FUNCTION, CALLS, MEDIAN, UNLOCK, ...)                                                         \
	{                                                                                                              \
		.ops = OPS, .method = METHOD, .function = FUNCTION, .calls = CALLS, .median_ns = MEDIAN,               \
		.unlock_ns = UNLOCK, ##__VA_ARGS__                                                                     \
	}

static const struct made_row ext4[] = {
	ROW("inode_operations", "lookup", "ext4_lookup", 8412907, 2900, 0),
	ROW("inode_operations", "create", "ext4_create", 412388, 0, 0),
	ROW("inode_operations", "link", "ext4_link", 1204, 0, 0),
	ROW("inode_operations", "symlink", "ext4_symlink", 380, 0, 0),
	ROW("inode_operations", "mkdir", "ext4_mkdir", 20117, 0, 0),
	ROW("inode_operations", "rmdir", "ext4_rmdir", 19874, 0, 0),
	ROW("inode_operations", "unlink", "ext4_unlink", 409112, 0, 0),
	ROW("inode_operations", "rename", "ext4_rename2", 5120, 0, 0),
	ROW("inode_operations", "mknod", "ext4_mknod", 0, 0, 0),
	ROW("inode_operations", "setattr", "ext4_setattr", 88410, 0, 0),
	ROW("inode_operations", "getattr", "ext4_file_getattr", 12904411, 0, 0),
	ROW("inode_operations", "get_inode_acl", "ext4_get_acl", 9120, 0, 0),
	ROW("inode_operations", "listxattr", "ext4_listxattr", 0, 0, 0),
	ROW("inode_operations", "fiemap", "ext4_fiemap", 0, 0, 0),
	ROW("inode_operations", "tmpfile", "ext4_tmpfile", 77, 0, 0),
	ROW("inode_operations", "fileattr_set", "ext4_fileattr_set", 12, 0, 0),
	ROW("inode_operations", "fileattr_get", "ext4_fileattr_get", 31, 0, 0),
	ROW("inode_operations", "readlink", "ext4_readlink", 0, 0, 0, .reason = "not in the BTF of the kernel",
	    .refusal = REFUSAL_no_btf, .kprobe = true),
	ROW("file_operations", "read_iter", "ext4_file_read_iter", 31822410, 1800, 0),
	ROW("file_operations", "write_iter", "ext4_file_write_iter", 6190733, 9400, 0),
	ROW("file_operations", "fsync", "ext4_sync_file", 48120, 1900000, 0),
	ROW("file_operations", "iterate_shared", "ext4_readdir", 310442, 0, 0),
	ROW("file_operations", "open", "ext4_file_open", 2911003, 0, 0),
	ROW("file_operations", "release", "ext4_release_file", 2910998, 0, 0),
	ROW("file_operations", "llseek", "ext4_llseek", 51200, 0, 0),
	ROW("file_operations", "mmap", "ext4_file_mmap", 90021, 0, 0),
	ROW("file_operations", "fallocate", "ext4_fallocate", 612, 0, 0),
	ROW("file_operations", "get_unmapped_area", "thp_get_unmapped_area", 90021, 0, 0,
	    .reason = "7 arguments: this kernel's trampoline takes 6", .refusal = REFUSAL_arguments, .kprobe = true),
	ROW("address_space_operations", "read_folio", "ext4_read_folio", 20411, 61000, 480000),
	ROW("address_space_operations", "readahead", "ext4_readahead", 902188, 14000, 390000),
	ROW("address_space_operations", "writepages", "ext4_writepages", 71003, 0, 0),
	ROW("address_space_operations", "write_begin", "ext4_da_write_begin", 6190002, 0, 0),
	ROW("address_space_operations", "write_end", "ext4_da_write_end", 6190002, 0, 0),
	ROW("address_space_operations", "dirty_folio", "ext4_dirty_folio", 5120, 0, 0),
	ROW("address_space_operations", "invalidate_folio", "ext4_invalidate_folio", 120417, 0, 0),
	ROW("address_space_operations", "release_folio", "ext4_release_folio", 88112, 0, 0),
	ROW("address_space_operations", "migrate_folio", "buffer_migrate_folio_norefs", 0, 0, 0,
	    .reason = "the verifier refuses its program: R2 invalid mem access 'scalar'", .refusal = REFUSAL_verifier,
	    .refused = true),
	ROW("address_space_operations", "bmap", "ext4_bmap", 4, 0, 0),
	ROW("super_operations", "alloc_inode", "ext4_alloc_inode", 512901, 0, 0),
	ROW("super_operations", "dirty_inode", "ext4_dirty_inode", 4120988, 0, 0),
	ROW("super_operations", "drop_inode", "ext4_drop_inode", 498120, 0, 0,
	    .reason = "2 functions of this name: a trampoline could be that of another one",
	    .refusal = REFUSAL_ambiguous_name, .entry_only = true, .kprobe = true),
	ROW("super_operations", "evict_inode", "ext4_evict_inode", 497001, 0, 0),
	ROW("super_operations", "sync_fs", "ext4_sync_fs", 240, 0, 0),
	ROW("super_operations", "statfs", "ext4_statfs", 9120, 0, 0),
	ROW("super_operations", "freeze_fs", "ext4_freeze", 0, 0, 0),
	ROW("super_operations", "put_super", "ext4_put_super", 0, 0, 0),
	ROW("vm_operations_struct", "fault", "filemap_fault", 1882012, 620, 0),
	ROW("vm_operations_struct", "page_mkwrite", "ext4_page_mkwrite", 20114, 7100, 0),
	ROW("vm_operations_struct", "map_pages", "filemap_map_pages", 3910223, 0, 0),
	ROW("xattr_handler", "get", "ext4_xattr_user_get", 40112, 0, 0),
	ROW("xattr_handler", "set", "ext4_xattr_user_set", 2019, 0, 0),
};

static const struct made_row xfs[] = {
	ROW("inode_operations", "lookup", "xfs_vn_lookup", 902144, 4100, 0),
	ROW("inode_operations", "create", "xfs_vn_create", 10233, 0, 0),
	ROW("inode_operations", "mkdir", "xfs_vn_mkdir", 410, 0, 0),
	ROW("inode_operations", "unlink", "xfs_vn_unlink", 10100, 0, 0),
	ROW("inode_operations", "rename", "xfs_vn_rename", 128, 0, 0),
	ROW("inode_operations", "setattr", "xfs_vn_setattr", 2210, 0, 0),
	ROW("file_operations", "read_iter", "xfs_file_read_iter", 4120990, 2200, 0),
	ROW("file_operations", "write_iter", "xfs_file_write_iter", 812450, 12000, 0),
	ROW("file_operations", "fsync", "xfs_file_fsync", 9120, 3400000, 0),
	ROW("file_operations", "iterate_shared", "xfs_file_readdir", 4410, 0, 0),
	ROW("address_space_operations", "readahead", "xfs_vm_readahead", 51002, 18000, 510000),
	ROW("super_operations", "sync_fs", "xfs_fs_sync_fs", 240, 0, 0),
	ROW("super_operations", "statfs", "xfs_fs_statfs", 911, 0, 0),
};

static const struct made_breach breaches[] = {
	{"ext4", "inode_operations.setattr.i_rwsem.inode", SEEN_SHARED, 17, 0, 0, 0},
	{"ext4", "inode_operations.create.i_rwsem.dir", SEEN_FREE, 2, 0, 40, 0},
	{"ext4", "super_operations.sync_fs.s_umount.sb", SEEN_FREE, 0, 12, 0, 0},
	{"ext4", "file_operations.iterate_shared.f_pos_lock.file", SEEN_FREE, 0, 88, 0, 3},
	{"xfs", "inode_operations.rename.s_vfs_rename_mutex.sb", SEEN_EXCLUSIVE_OTHER, 0, 0, 0, 1},
};

struct made_row *made_up__row(int type, const char *ops, const char *method)
{
	for (int i = 0; i < made_up.n_rows[type]; i++)
		if (!strcmp(made_up.rows[type][i].ops, ops) && !strcmp(made_up.rows[type][i].method, method))
			return &made_up.rows[type][i];
	return NULL;
}

static const struct method *find_method(const char *ops, const char *name)
{
	for (int i = 0; i < n_methods; i++)
		if (!strcmp(methods[i].name, name) && !strcmp(ops_structs[methods[i].ops].name, ops) &&
		    in_range(methods[i].since, methods[i].until, made_up.audit.plan.kernel))
			return &methods[i];
	fprintf(stderr, "made_up: no method %s.%s\n", ops, name);
	abort();
}

static const struct rule *find_rule(const char *id)
{
	for (int i = 0; i < n_rules; i++)
		if (!strcmp(rules[i].id, id))
			return &rules[i];
	fprintf(stderr, "made_up: no rule %s\n", id);
	abort();
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void make_target(int i, const char *path, const char *type, const char *source, const char *id)
{
	struct target *t = &made_up.targets[i];

	copy(t->path, sizeof(t->path), path);
	copy(t->fs_type, sizeof(t->fs_type), type);
	copy(t->source, sizeof(t->source), source);
	copy(t->id, sizeof(t->id), id);
	t->super_block = 0x1000U * (unsigned int)(i + 1);
	t->type_number = !strcmp(type, "xfs");
}

static void make_functions(void)
{
	struct plan *p = &made_up.audit.plan;

	p->functions = made_up.functions;
	for (int t = 0; t < MADE_TYPES; t++)
		for (int i = 0; i < made_up.n_rows[t]; i++) {
			const struct made_row *row = &made_up.rows[t][i];
			const struct method *m = find_method(row->ops, row->method);
			struct function *f = &p->functions[p->n_functions++];

			*f = (struct function){.method = (int)(m - methods),
					       .ops = m->ops,
					       .state = row->refused ? FUNCTION_REFUSED : FUNCTION_ATTACHED,
					       .refusal = row->refusal,
					       .how = row->kprobe ? BY_KPROBE : BY_TRAMPOLINE,
					       .entry_only = row->entry_only,
					       .pair = m->needs_exit || row->median_ns};
			copy(f->method_name, sizeof(f->method_name), row->method);
			copy(f->name, sizeof(f->name), row->function);
			copy(f->reason, sizeof(f->reason), row->reason);
			copy(f->module, sizeof(f->module), t ? "xfs" : "");
			copy(f->filesystems, sizeof(f->filesystems), made_up.audit.types[t]);
		}
	p->functions[p->n_functions] =
		(struct function){.method = -1,
				  .ops = p->functions[0].ops,
				  .state = FUNCTION_REFUSED,
				  .undocumented = true,
				  .method_name = "get_dname",
				  .name = "ext4_get_dname",
				  .filesystems = "ext4",
				  .reason = "undocumented: the document has no rule for this method"};
	p->n_functions++;
}

/* Log-normal, more or less: the sum of three dice in the exponent; some calls take a thousand times as long. */
static void make_hist(struct hist *h, __u64 median, __u64 calls)
{
	unsigned int seed = (unsigned int)(median * 7919);
	__u64 scale = calls > 2000 ? calls / 2000 : 1;

	memset(h, 0, sizeof(*h));
	for (__u64 i = 0; median && i < (calls < 2000 ? calls : 2000); i++) {
		int exponent = -24;
		__u64 ns = median;

		for (int d = 0; d < 3; d++) {
			seed = seed * 1103515245 + 12345;
			exponent += (int)(seed >> 16) % 17;
		}
		for (; exponent > 0; exponent--)
			ns += ns / 8;
		for (; exponent < 0; exponent++)
			ns -= ns / 9;
		hist__record(h, i % 97 == 96 ? ns * 90 + 400000 : ns);
	}
	for (int i = 0; i < VL_HIST_BUCKETS; i++)
		h->counts[i] *= scale;
	h->count *= scale;
	h->sum *= scale;
}

static void make_alert(const char *rule, const char *function, enum observation seen, const char *comm, __u64 calls)
{
	struct alert *al = &made_up.alerts[made_up.n_alerts];
	struct finding *f = &al->finding;
	__u64 at = made_up.audit.start_ns + 4000000000ULL * (__u64)(made_up.n_alerts + 1);

	*al = (struct alert){.number = (__u64)made_up.n_alerts + 1,
			     .mono_ns = at,
			     .wall_ns = made_up.audit.start_wall_ns + 86400000000000ULL,
			     .fingerprint = 0x9e3779b97f4a7c15ULL * (__u64)(made_up.n_alerts + 1),
			     .calls = calls,
			     .more = calls};
	*f = (struct finding){.rule = find_rule(rule),
			      .verdict = VERDICT_VIOLATION,
			      .judgement = {.seen = seen, .outcome = OUTCOME_BROKEN, .proof = true},
			      .calls = calls,
			      .target = &made_up.targets[0],
			      .has_sample = true,
			      .n_ips = 5,
			      .ips = {1, 2, 3, 4, 5}};
	f->sample = (struct vl_stack_value){
		.pid = 41207, .tgid = 41200, .cpu = 3, .first_ns = at, .last_ns = at + 3600000000000ULL};
	copy(f->sample.comm, sizeof(f->sample.comm), comm);
	for (int i = 0; i < made_up.audit.plan.n_functions; i++)
		if (!strcmp(made_up.functions[i].name, function))
			f->function = &made_up.functions[i];
	made_up.n_alerts++;
}

void made_up__alert(const char *comm)
{
	make_alert("inode_operations.setattr.i_rwsem.inode", "ext4_setattr", SEEN_SHARED, comm, 17);
}

static void make_locks(void)
{
	made_up.audit.locks = (struct lock_tracker *)made_up.classes;
	for (int k = 1; k < VL_N_TRACKED; k++) {
		struct lock_class_result *c = &made_up.classes[k];

		c->takes_seen = k < VL_TRACKED_i_lock;
		c->taken = 9000000U / (unsigned int)k;
		c->contended = 12000U / (unsigned int)k;
		make_hist(&c->wait, 18000U * (unsigned int)k, c->contended);
		make_hist(&c->hold, 2100U * (unsigned int)k, c->takes_seen ? c->taken : 0);
	}
}

static void make_harm(void)
{
	static const char *const unhealthy[] = {"/mnt/<backup> is not mounted"};

	memcpy(made_up.breaches, breaches, sizeof(breaches));
	made_up.n_breaches = sizeof(breaches) / sizeof(breaches[0]);
	make_target(3, "/mnt/<backup>", "", "", "");
	made_up.targets[3].unmounted = true;
	made_up.targets[3].super_block = 0;
	made_up.audit.n_targets = 4;
	made_up.state.unhealthy = unhealthy;
	made_up.state.n_unhealthy = 1;
	made_up.lost[VL_LOST_ring_full] = 1204;
	made_up__alert("rsync");
	make_alert("inode_operations.create.i_rwsem.dir", "ext4_create", SEEN_FREE, "<script>x()", 2);
}

void made_up__reset(bool healthy)
{
	struct audit *a = &made_up.audit;

	made_up = (struct made_up){.n_rows = {sizeof(ext4) / sizeof(ext4[0]), sizeof(xfs) / sizeof(xfs[0])}};
	memcpy(made_up.rows[0], ext4, sizeof(ext4));
	memcpy(made_up.rows[1], xfs, sizeof(xfs));
	made_up.state = (struct serve_state){.version = "0.2.0",
					     .reload_ok = true,
					     .reload_ns = 1763720000000000000ULL,
					     .telemetry_path = "/metrics"};
	a->plan = (struct plan){.rules = rules, .kernel = 6 << 8 | 12, .release = "6.12.48+deb13-amd64"};
	a->targets = made_up.targets;
	a->n_targets = 3;
	make_target(0, "/srv/data", "ext4", "/dev/mapper/vg0-data", "dm-3");
	make_target(1, "/home", "ext4", "/dev/mapper/vg0-home", "dm-1");
	make_target(2, "/srv/archive", "xfs", "/dev/nvme1n1p1", "nvme1n1p1");
	a->n_types = MADE_TYPES;
	copy(a->types[0], sizeof(a->types[0]), "ext4");
	copy(a->types[1], sizeof(a->types[1]), "xfs");
	a->start_ns = 1000000000;
	a->start_wall_ns = 1763533391000000000ULL;
	a->stop_ns = a->start_ns + 187212ULL * 1000000000ULL;
	a->attach_seconds = 0.83;
	a->cost = (struct cost){
		.stats_fd = -1, .sampled_ns = 3744000000000ULL, .runs = 40112033, .run_ns = 8130411224ULL};
	make_functions();
	if (!healthy) {
		make_harm();
		make_locks();
	}
}

/* ----------------------------------------------------------------------------------- in the place of the judge ---- */

static void take_breaches(struct results *r, const char *fs, struct rule_result *rr)
{
	for (int i = 0; i < made_up.n_breaches; i++) {
		const struct made_breach *b = &made_up.breaches[i];
		__u64 sum = b->violations + b->drifts + b->suppressed + b->undecided;

		if (strcmp(b->fs, fs) != 0 || strcmp(b->rule, rr->rule->id) != 0)
			continue;
		rr->violations = b->violations;
		rr->drifts = b->drifts;
		rr->suppressed = b->suppressed;
		rr->undecided = b->undecided;
		rr->seen[b->seen] += sum;
		rr->kept -= sum < rr->kept ? sum : rr->kept;
		rr->proven -= sum < rr->proven ? sum : rr->proven;
	}
	r->violations += rr->violations;
	r->drifts += rr->drifts;
	r->suppressed += rr->suppressed;
}

static enum observation healthy_sight(const struct rule *r)
{
	static const enum observation sights[] = {
		[RULE_shared] = SEEN_SHARED, [RULE_exclusive] = SEEN_EXCLUSIVE, [RULE_held] = SEEN_HELD,
		[RULE_free] = SEEN_FREE,     [RULE_yes] = SEEN_CAN_SLEEP,       [RULE_no] = SEEN_NO_SLEEP};

	return r->phase == RULE_AT_after ? SEEN_FOLLOWED : sights[r->mode];
}

static void judge(struct results *r, const char *fs, struct method_result *m, struct rule_result *rr)
{
	bool active = plan__rule_active(&r->audit->plan, rr->rule, &rr->why);
	bool refused = r->functions[m->first_function].function->state == FUNCTION_REFUSED;
	struct coverage *c = &r->coverage;

	if (!active && !rr->why)
		return;
	c->rules++;
	if (!active || refused) {
		rr->verdict = VERDICT_UNVERIFIABLE;
		rr->not_attached = active;
		*(active ? &c->not_attached : &c->unverifiable) += 1;
		return;
	}
	c->checked++;
	*(m->calls ? &c->exercised : &c->not_exercised) += 1;
	rr->kept = m->calls;
	rr->proof = rr->rule->mode != RULE_yes && rr->rule->mode != RULE_shared && rr->rule->mode != RULE_held;
	rr->proven = rr->proof ? rr->kept : rr->rule->mode == RULE_shared ? rr->kept / 4 : 0;
	take_breaches(r, fs, rr);
	rr->seen[healthy_sight(rr->rule)] += rr->kept;
	rr->verdict = rr->violations  ? VERDICT_VIOLATION
		      : rr->drifts    ? VERDICT_DRIFT
		      : rr->undecided ? VERDICT_UNVERIFIABLE
		      : rr->kept      ? VERDICT_OK
				      : VERDICT_NOT_EXERCISED;
	if (rr->undecided)
		rr->why = "it was broken in calls whose stack could not be taken";
}

static void make_method(struct results *r, int fs, int i)
{
	const struct made_row *row = &made_up.rows[fs][i];
	struct method_result *m = &r->methods[r->n_methods++];
	struct function_result *fr = &r->functions[i];

	fr->function = &made_up.functions[fs ? made_up.n_rows[0] + i : i];
	fr->calls = row->calls;
	fr->has_latency = row->median_ns;
	make_hist(&fr->latency, row->median_ns, row->calls);
	*m = (struct method_result){.method = find_method(row->ops, row->method),
				    .first_function = i,
				    .n_functions = 1,
				    .calls = row->calls,
				    .has_latency = fr->has_latency,
				    .latency = fr->latency,
				    .is_followed = row->unlock_ns};
	make_hist(&m->unlock, row->unlock_ns, row->calls);
	m->rules = calloc((size_t)m->method->n_rules + 1, sizeof(*m->rules));
	for (int k = 0; k < m->method->n_rules; k++) {
		m->rules[k].rule = &rules[m->method->first_rule + k];
		judge(r, made_up.audit.types[fs], m, &m->rules[k]);
	}
	r->calls += row->calls;
	r->coverage.methods_exercised += row->calls > 0;
}

static void add_drift(struct results *r)
{
	for (int i = 0; i < r->n_methods; i++)
		for (int k = 0; k < r->methods[i].method->n_rules; k++) {
			const struct rule_result *rr = &r->methods[i].rules[k];

			if (!rr->drifts)
				continue;
			r->findings[r->n_findings++] =
				(struct finding){.rule = rr->rule,
						 .function = r->functions[r->methods[i].first_function].function,
						 .verdict = VERDICT_DRIFT,
						 .drift = rr->rule->drifts,
						 .calls = rr->drifts,
						 .judgement = {.seen = SEEN_FREE, .outcome = OUTCOME_BROKEN}};
		}
}

int results__make_of(struct audit *a, int fs, struct results *out)
{
	*out = (struct results){.audit = a, .n_functions = made_up.n_rows[fs], .recursion = 4};
	out->functions = calloc(MADE_ROWS, sizeof(*out->functions));
	out->methods = calloc(MADE_ROWS, sizeof(*out->methods));
	out->findings = calloc(MADE_ROWS, sizeof(*out->findings));
	for (int i = 0; i < made_up.n_rows[fs]; i++)
		make_method(out, fs, i);
	add_drift(out);
	memcpy(out->lost, made_up.lost, sizeof(out->lost));
	out->coverage.functions = out->coverage.attached = out->n_functions;
	return 0;
}

void results__free(struct results *r)
{
	for (int i = 0; i < r->n_methods; i++)
		free(r->methods[i].rules);
	free(r->methods);
	free(r->functions);
	free(r->findings);
}

/* --------------------------------------------------------------------------------- in the place of the kernel's ----
 */

bool plan__rule_active(const struct plan *p, const struct rule *r, const char **why)
{
	*why = in_range(r->since, r->until, p->kernel) && rule_promises(r) ? r->unverifiable : NULL;
	return in_range(r->since, r->until, p->kernel) && rule_promises(r) && !r->unverifiable;
}

const char *refusal__name(enum refusal why)
{
	static const char *const names[] = {
#define X(name) #name,
		REFUSALS(X)
#undef X
	};

	return why == REFUSAL_none ? "" : names[why];
}

size_t audit__map_bytes(const struct audit *a)
{
	return a->n_types ? 14U << 20 : 0;
}

double audit__seconds(const struct audit *a)
{
	return (double)(a->stop_ns - a->start_ns) / 1e9;
}

double audit__cpu_seconds(const struct audit *a)
{
	return a->n_types ? 41.3 : 0;
}

double cost__cpu_share(const struct cost *c)
{
	return c->sampled_ns ? (double)c->run_ns / (double)c->sampled_ns : -1;
}

const struct lock_class_result *locks__class(const struct lock_tracker *t, enum vl_tracked class)
{
	(void)t;
	return &made_up.classes[class];
}

__u64 locks__lost(const struct lock_tracker *t, enum vl_lock_lost reason)
{
	(void)t;
	return reason == VL_LOCK_LOST_unseen ? 3 : 0;
}

__u64 locks__missed(const struct lock_tracker *t)
{
	return t ? 5 : 0;
}

int locks__n_programs(const struct lock_tracker *t)
{
	return t ? 31 : 0;
}

const char *tracked__name(enum vl_tracked class)
{
	static const char *const names[] = {"",
#define X(name) #name,
					    VL_TRACKED(X)
#undef X
	};

	return names[class];
}

const char *finding__frame(const struct audit *a, const struct finding *f, int i, bool addresses, char *buf, size_t len)
{
	static const char *const lines[] = {"?",
					    "ext4_setattr+0x5/0xc40",
					    "notify_change+0x32b/0x580",
					    "ovl_do_notify_change+0x5c/0xb0 [overlay]",
					    "do_truncate+0x98/0xe0",
					    "__x64_sys_ftruncate+0x<41>/0x50 & more"};

	(void)a;
	(void)addresses;
	snprintf(buf, len, "%s", lines[f->ips[i] < 6 ? f->ips[i] : 0]);
	return buf;
}

void finding__rule_name(const struct rule *r, char *buf, size_t len)
{
	bool is_lock = lock_classes[r->lock].kind != LOCK_KIND_context;

	if (is_lock)
		snprintf(buf, len, "%s(%s)%s", lock_classes[r->lock].name, r->subject ? r->subject : "",
			 r->phase == RULE_AT_after ? " afterwards" : "");
	else
		snprintf(buf, len, "%s", r->mode == RULE_yes ? "caller can sleep" : "must not sleep");
}

void finding__text(const struct audit *a, const struct finding *f, bool addresses, FILE *out)
{
	(void)a;
	(void)addresses;
	fprintf(out, "    first seen at 4.000 s, by %s[%u]:\n      ext4_setattr+0x5/0xc40\n", f->sample.comm,
		f->sample.pid);
	fputs("    held by this task as it returned:\n      i_rwsem shared for 12.1 us, taken in "
	      "do_truncate+0x98/0xe0\n",
	      out);
}

const char *finding__decode(const struct finding *f, char *buf, size_t len)
{
	snprintf(buf, len, "%s",
		 f->has_sample ? "count 0x100 (not write-locked, 1 readers), last reader another task" : "");
	return buf;
}

const struct alert *stream__recent(const struct stream *s, int i)
{
	(void)s;
	return i < made_up.n_alerts ? &made_up.alerts[i] : NULL;
}

const struct stream_entry *stream__entry(const struct stream *s, int i)
{
	(void)s;
	(void)i;
	return NULL;
}

void alert__json(struct json_writer *w, const char *key, const struct audit *a, const struct alert *al, bool addresses)
{
	(void)a;
	(void)addresses;
	json_begin_object(w, key);
	json_string(w, "rule", al->finding.rule->id);
	json_string(w, "comm", al->finding.sample.comm);
	json_u64(w, "count", al->calls);
	json_end(w);
}
