// SPDX-License-Identifier: GPL-2.0-only
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char other_types[] = "other";

int mounts__type(struct audit *a, const char *fs_type)
{
	for (int i = 0; i < a->n_types; i++)
		if (!strcmp(a->types[i], fs_type))
			return i;
	if (a->n_types == VL_TYPES)
		return VL_TYPES - 1;
	snprintf(a->types[a->n_types], sizeof(a->types[0]), "%s", a->n_types == VL_TYPES - 1 ? other_types : fs_type);
	return a->n_types++;
}

static bool is_present(const struct target *t)
{
	return t->super_block && !t->unmounted;
}

/* Another path to a filesystem that is audited already? */
static const struct target *same_filesystem(const struct audit *a, __u64 super_block)
{
	for (int i = 0; i < a->n_targets; i++)
		if (is_present(&a->targets[i]) && a->targets[i].super_block == super_block)
			return &a->targets[i];
	return NULL;
}

static struct target *find_path(struct audit *a, const char *path)
{
	for (int i = 0; i < a->n_targets; i++)
		if (!strcmp(a->targets[i].path, path))
			return &a->targets[i];
	return NULL;
}

/* Where everything is taken, one that the configuration no longer names makes room. */
static struct target *find_room(struct audit *a)
{
	if (a->n_targets < AUDIT_MAX_MOUNTS)
		return &a->targets[a->n_targets++];
	for (int i = 0; i < a->n_targets; i++)
		if (a->targets[i].removed && a->targets[i].unmounted)
			return &a->targets[i];
	return NULL;
}

static int add_target(struct audit *a, const struct target *t)
{
	struct target *to = find_room(a);

	if (!to) {
		fprintf(stderr, "vfslock: %d filesystems at most can be audited at once\n", AUDIT_MAX_MOUNTS);
		return -E2BIG;
	}
	target__free(to);
	a->tables_planned[to - a->targets] = 0;
	*to = *t;
	return 0;
}

/* A path where nothing is mounted: a daemon waits for it. */
static int add_absent(struct audit *a, const char *path)
{
	struct target t = {.unmounted = true};

	snprintf(t.path, sizeof(t.path), "%s", path);
	return add_target(a, &t);
}

/* It is shown with that filesystem's type and names, but has no tables of its own. */
static void stand_for(struct target *t, const struct target *same, const char *path, const struct mount_seen *seen)
{
	*t = *same;
	snprintf(t->path, sizeof(t->path), "%s", path);
	t->tables = NULL;
	t->n_tables = 0;
	t->unmounted = true;
	t->again = false;
	t->same_as = same;
	t->seen = *seen;
	fprintf(stderr, "vfslock: %s is the same filesystem as %s: audited once\n", path, same->path);
}

/* A report is of filesystems; a daemon, of paths, which it looks at again when mounts change. */
static int add_same(struct audit *a, const struct target *same, const char *path, const struct mount_seen *seen)
{
	struct target t;

	stand_for(&t, same, path, seen);
	return a->options.daemon ? add_target(a, &t) : 0;
}

/*
 * Is something mounted there? 1, 0 or negative errno. Without an automount, and without asking a server, which might
 * never answer.
 */
static int look_at(const char *path, struct mount_seen *seen)
{
	struct statx sx;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_MODE | STATX_MNT_ID, &sx))
		return -errno;
	*seen = (struct mount_seen){.mount_id = sx.stx_mask & STATX_MNT_ID ? sx.stx_mnt_id : 0,
				    .dev = makedev(sx.stx_dev_major, sx.stx_dev_minor)};
	return discover__is_mount_root(&sx);
}

/* Stands where a filesystem will be mounted by whoever goes there. */
static bool is_trigger(const struct mounted_fs *fs)
{
	return !strcmp(fs->fs_type, "autofs");
}

static int discover_path(struct audit *a, const char *path)
{
	struct mount_seen seen = {0};
	const struct target *same;
	struct mounted_fs fs;
	struct target t;
	int err;

	if (a->options.daemon && find_path(a, path))
		return 0;
	if (look_at(path, &seen) <= 0 && a->options.daemon)
		return add_absent(a, path);
	/* If it cannot be had, discovery finds out why, and tells. */
	if (!discover__probe(a->discovery, path, &fs)) {
		if (a->options.daemon && is_trigger(&fs))
			return add_absent(a, path);
		same = same_filesystem(a, fs.super_block);
		if (same)
			return add_same(a, same, path, &seen);
	}
	err = discover__mount(a->discovery, path, &t);
	if (err)
		return err;
	t.seen = seen;
	t.type_number = mounts__type(a, t.fs_type);
	return add_target(a, &t);
}

/* Where all owners are to be: made first and put in force then, as it may fail. */
struct places {
	struct owner owners[AUDIT_MAX_OWNERS];
	int n;
	__u32 multiplier;
};

/* An object belongs to the first target that it is found from. There are no more than three of each target. */
static void add_owner(struct places *p, __u64 address, int target)
{
	for (int i = 0; i < p->n; i++)
		if (p->owners[i].address == address)
			return;
	if (address)
		p->owners[p->n++] = (struct owner){.address = address, .target = target};
}

/* For those of all that are mounted now. Nothing is changed if there is no room. */
static int place_owners(struct audit *a)
{
	struct places p = {.multiplier = a->multiplier};

	for (int i = 0; i < a->n_targets; i++) {
		const struct target *t = &a->targets[i];

		if (!is_present(t))
			continue;
		add_owner(&p, t->super_block, i);
		add_owner(&p, t->disk, i);
		add_owner(&p, t->type, i);
	}
	/* With the multiplier that is in force, the others keep their places. */
	if (!owners__place_with(p.owners, p.n, p.multiplier))
		p.multiplier = owners__place(p.owners, p.n);
	if (!p.multiplier)
		return -E2BIG;
	memcpy(a->owners, p.owners, sizeof(a->owners));
	a->n_owners = p.n;
	a->multiplier = p.multiplier;
	return 0;
}

/* Equal lower halves of two addresses are all but the only reason; a new mount has new ones. */
static void refuse(struct target *t)
{
	t->unmounted = true;
	t->refused = true;
	fprintf(stderr,
		"vfslock: %s is not audited: its address in the kernel, or its disk's, cannot be told apart from "
		"another one's. Unmount it and mount it again, or audit it alone.\n",
		t->path);
}

/* A report must be of all that was asked for. A daemon does without those that have no place beside the first ones. */
static int place_all(struct audit *a)
{
	bool present[AUDIT_MAX_MOUNTS] = {false};

	if (!place_owners(a))
		return 0;
	if (!a->options.daemon) {
		fprintf(stderr,
			"vfslock: the addresses of %d filesystems, their disks and types cannot be told apart in one "
			"audit: audit fewer at a time\n",
			a->n_targets);
		return -E2BIG;
	}
	for (int i = 0; i < a->n_targets; i++) {
		present[i] = is_present(&a->targets[i]);
		a->targets[i].unmounted = true;
	}
	for (int i = 0; i < a->n_targets; i++) {
		a->targets[i].unmounted = !present[i];
		if (present[i] && place_owners(a))
			refuse(&a->targets[i]);
	}
	return 0;
}

int mounts__discover(struct audit *a)
{
	int present = 0, err = 0;

	a->targets = calloc(AUDIT_MAX_MOUNTS, sizeof(*a->targets));
	a->tables_planned = calloc(AUDIT_MAX_MOUNTS, sizeof(*a->tables_planned));
	if (!a->targets || !a->tables_planned)
		return -ENOMEM;
	for (int i = 0; i < a->options.n_paths && !err; i++)
		err = discover_path(a, a->options.paths[i]);
	for (int i = 0; i < a->n_targets; i++)
		present += is_present(&a->targets[i]);
	if (!err && !present) {
		fputs("vfslock: nothing is mounted at any of the paths\n", stderr);
		err = -ENOENT;
	}
	return err ? err : place_all(a);
}

/* To which mount and type the places belong, before anything is compared with them. */
static void name_owners(struct audit *a, volatile struct vl_control *control)
{
	for (int i = 0; i < a->n_owners; i++) {
		const struct owner *o = &a->owners[i];

		control->owners[o->index].target = (__u32)o->target;
		control->owners[o->index].type = (__u8)a->targets[o->target].type_number;
	}
}

void mounts__watch(struct audit *a)
{
	volatile struct vl_control *control = templates__control(a->templates);

	control->multiplier = a->multiplier;
	name_owners(a, control);
	owners__watch(control, a->owners, a->n_owners);
}

static int check_target(struct audit *a, struct target *t)
{
	struct target again;
	int err = discover__mount(a->discovery, t->path, &again);

	if (!err && again.super_block != t->super_block) {
		fprintf(stderr, "vfslock: %s was unmounted while the audit was being prepared\n", t->path);
		err = -ESTALE;
	}
	for (int k = 0; !err && k < again.n_tables; k++)
		discover__add_table(t, again.tables[k].ops, again.tables[k].kind, again.tables[k].addr,
				    again.tables[k].found);
	target__free(&again);
	return err;
}

int mounts__check(struct audit *a)
{
	int err = 0;

	for (int i = 0; i < a->n_targets && !err; i++)
		err = is_present(&a->targets[i]) ? check_target(a, &a->targets[i]) : 0;
	return err;
}

/*
 * Those unmounted meanwhile are left out: the hook has cleared `watched` of them, and clears `counted` next. One that
 * is cleared between the reading and the writing here is seen by reading again.
 */
void mounts__arm(struct audit *a)
{
	volatile struct vl_control *control = templates__control(a->templates);

	for (int i = 0; i < VL_OWNERS; i++)
		control->owners[i].counted = control->owners[i].watched;
	__sync_synchronize();
	for (int i = 0; i < VL_OWNERS; i++)
		if (control->owners[i].watched == VL_NOBODY)
			control->owners[i].counted = VL_NOBODY;
}

void mounts__disarm(struct audit *a)
{
	owners__clear(templates__control(a->templates));
}

/* The first that is mounted and has the object, or -1. */
static int user_of(const struct audit *a, __u64 address)
{
	for (int i = 0; i < a->n_targets; i++) {
		const struct target *t = &a->targets[i];

		if (is_present(t) && (address == t->super_block || address == t->disk || address == t->type))
			return i;
	}
	return -1;
}

/*
 * The disk or the type of a filesystem that went away may go next, and something else come to its address. Not that of
 * the last one: an audit ends with it, after the disk's ->release(). What others have, too, is theirs from now on.
 */
static void drop_owners(struct audit *a)
{
	volatile struct vl_control *control = templates__control(a->templates);

	for (int i = 0; i < a->n_owners; i++) {
		struct owner *o = &a->owners[i];
		int user = user_of(a, o->address);

		if (user >= 0)
			o->target = user;
		else
			control->owners[o->index].counted = control->owners[o->index].watched = VL_NOBODY;
	}
	name_owners(a, control);
}

/* Has the hook seen it go? */
static bool was_let_go(const struct audit *a, const struct target *t)
{
	volatile struct vl_control *control = templates__control(a->templates);

	return control->owners[vl_owner_index((__u32)t->super_block, a->multiplier)].watched == VL_NOBODY;
}

/* It makes room: those that found no place may find one now. Other paths to it may still lead there: they are tried. */
static void let_go(struct audit *a, struct target *t)
{
	t->unmounted = true;
	t->same_as = NULL;
	for (int i = 0; i < a->n_targets; i++) {
		a->targets[i].refused = false;
		if (a->targets[i].same_as == t)
			a->targets[i].same_as = NULL;
	}
	a->mounts_changed = true;
}

static void tell_gone(const struct audit *a, const struct target *t)
{
	if (a->options.daemon)
		fprintf(stderr, "vfslock: %s is no longer mounted: it is waited for\n", t->path);
}

/* A notice that comes late may be of one whose address another one has by now, which is audited already. */
void mounts__unmounted(struct audit *a, __u64 super_block)
{
	bool all = true;

	for (int i = 0; i < a->n_targets; i++) {
		struct target *t = &a->targets[i];

		if (is_present(t) && t->super_block == super_block && was_let_go(a, t)) {
			tell_gone(a, t);
			for (int k = 0; k < a->n_targets; k++)
				if (a->targets[k].same_as == t)
					tell_gone(a, &a->targets[k]);
			let_go(a, t);
		}
		all = all && t->unmounted;
	}
	a->unmounted = all && !a->options.daemon;
	if (!a->unmounted)
		drop_owners(a);
}

/* The notice may have been dropped: what the hook wrote has not. */
void mounts__sweep(struct audit *a)
{
	for (int i = 0; i < a->n_targets; i++)
		if (is_present(&a->targets[i]) && was_let_go(a, &a->targets[i]))
			mounts__unmounted(a, a->targets[i].super_block);
}

/* All have other places now. One that the hook has let go of meanwhile must not be written again: each is looked at. */
static void move_all(struct audit *a)
{
	mounts__disarm(a);
	mounts__watch(a);
	for (int i = 0; i < a->n_targets; i++)
		if (is_present(&a->targets[i]) && check_target(a, &a->targets[i])) {
			let_go(a, &a->targets[i]);
			drop_owners(a);
		}
}

/* The new super_block takes its place in the tables; those of others are not touched, unless they must move. */
static int place_target(struct audit *a, const struct target *t)
{
	volatile struct vl_control *control = templates__control(a->templates);
	__u32 old = a->multiplier;
	int err = place_owners(a);

	if (err)
		return err;
	if (a->multiplier == old)
		name_owners(a, control);
	else
		move_all(a);
	for (int i = 0; a->multiplier == old && i < a->n_owners; i++) {
		const struct owner *o = &a->owners[i];

		if (o->address == t->super_block || o->address == t->disk || o->address == t->type)
			control->owners[o->index].watched = o->address;
	}
	return a->locks ? locks__set_targets(a->locks, a->ksyms, a->targets, a->n_targets) : 0;
}

static int take_up(struct audit *a, int target, const struct mount_seen *seen)
{
	struct target *old = &a->targets[target], t = {0};
	const struct target *same;
	struct mounted_fs fs;
	int err;

	if (!discover__probe(a->discovery, old->path, &fs)) {
		if (is_trigger(&fs))
			return -ENOENT;
		same = same_filesystem(a, fs.super_block);
		if (same) {
			snprintf(t.path, sizeof(t.path), "%s", old->path);
			target__free(old);
			stand_for(old, same, t.path, seen);
			a->tables_planned[target] = 0;
			a->mounts_changed = true;
			return -EBUSY;
		}
	}
	err = discover__mount(a->discovery, old->path, &t);
	if (err)
		return err;
	/* Mounted since: the next look will tell. */
	if (same_filesystem(a, t.super_block)) {
		target__free(&t);
		return -EBUSY;
	}
	target__free(old);
	t.type_number = mounts__type(a, t.fs_type);
	t.again = old->super_block != 0;
	t.seen = *seen;
	*old = t;
	a->tables_planned[target] = 0;
	err = place_target(a, old);
	if (err == -E2BIG) {
		refuse(old);
		return err;
	}
	if (!err)
		err = check_target(a, old);
	if (!err)
		err = audit__attach_new(a);
	if (err < 0) {
		old->unmounted = true;
		drop_owners(a);
		return err;
	}
	mounts__arm(a);
	fprintf(stderr, "vfslock: %s, %s on %s (%s) is audited from now on\n", old->path, old->fs_type,
		old->source[0] ? old->source : "-", old->id);
	return 0;
}

static bool is_waited_for(const struct target *t)
{
	return !target__is_audited(t) && !t->removed && !t->refused;
}

int mounts__take_up(struct audit *a)
{
	struct mount_seen seen = {0};
	int n = 0;

	for (int i = 0; i < a->n_targets; i++)
		if (is_waited_for(&a->targets[i]) && look_at(a->targets[i].path, &seen) > 0 && !take_up(a, i, &seen))
			n++;
	return n;
}

enum leads_to { TO_THE_SAME, TO_ANOTHER, TO_NONE };

/* What cannot be found out is taken to be as it was. */
static enum leads_to follow_path(struct audit *a, struct target *t)
{
	struct mount_seen seen = {0};
	struct mounted_fs fs;
	int err = look_at(t->path, &seen);

	/* A filesystem leaves its path before its last calls (put_super): the kernel side tells when it is unmounted.
	 */
	if (err <= 0 && is_present(t))
		return TO_THE_SAME;
	if (err <= 0)
		return !err || err == -ENOENT || err == -ENOTDIR ? TO_NONE : TO_THE_SAME;
	if (seen.mount_id == t->seen.mount_id && seen.dev == t->seen.dev)
		return TO_THE_SAME;
	if (discover__probe(a->discovery, t->path, &fs))
		return TO_THE_SAME;
	if (fs.super_block != t->super_block)
		return is_trigger(&fs) ? TO_NONE : TO_ANOTHER;
	t->seen = seen;
	return TO_THE_SAME;
}

static void look_again(struct audit *a, struct target *t)
{
	bool audited = target__is_audited(t);
	enum leads_to to = follow_path(a, t);

	if (to == TO_THE_SAME)
		return;
	let_go(a, t);
	if (audited && to == TO_ANOTHER)
		fprintf(stderr, "vfslock: another filesystem is mounted at %s: the one before is audited no more\n",
			t->path);
	else if (audited)
		tell_gone(a, t);
}

/* Those first that are audited by another path, as that one may be let go of next. */
void mounts__look_again(struct audit *a)
{
	for (int i = 0; i < a->n_targets; i++)
		if (a->targets[i].same_as || a->targets[i].refused)
			look_again(a, &a->targets[i]);
	for (int i = 0; i < a->n_targets; i++)
		if (is_present(&a->targets[i]))
			look_again(a, &a->targets[i]);
	drop_owners(a);
}

static bool listed(const char *path, char *const *paths, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

int mounts__set_paths(struct audit *a, char *const *paths, int n)
{
	int err = 0;

	for (int i = 0; i < a->n_targets; i++) {
		struct target *t = &a->targets[i];

		t->removed = !listed(t->path, paths, n);
		t->refused = t->refused && !t->removed;
		if (t->removed && target__is_audited(t)) {
			let_go(a, t);
			fprintf(stderr, "vfslock: %s is no longer audited\n", t->path);
		}
	}
	drop_owners(a);
	for (int i = 0; i < n && !err; i++)
		if (!find_path(a, paths[i]))
			err = add_absent(a, paths[i]);
	a->mounts_changed = true;
	return err;
}

/* A line of a state has no control characters. */
static void put_path(FILE *out, const char *path)
{
	for (; *path; path++)
		fputc((unsigned char)*path < ' ' ? '?' : *path, out);
}

void mounts__describe(const struct audit *a, FILE *out)
{
	int n = 0, audited = 0;

	for (int i = 0; i < a->n_targets; i++) {
		n += !a->targets[i].removed;
		audited += !a->targets[i].removed && target__is_audited(&a->targets[i]);
	}
	fprintf(out, "%d of %d filesystems", audited, n);
	if (audited == n)
		return;
	fputs(" (absent:", out);
	for (int i = 0; i < a->n_targets; i++)
		if (!a->targets[i].removed && !target__is_audited(&a->targets[i])) {
			fputc(' ', out);
			put_path(out, a->targets[i].path);
		}
	fputc(')', out);
}
