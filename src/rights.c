// SPDX-License-Identifier: GPL-2.0-only
#include "rights.h"

#include <bpf/bpf.h>
#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* libcap-ng of Debian 12 may be older than the capability. */
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* Not getpwnam(): a static program has no name service, only the file. */
static int find_user(const char *user, uid_t *uid, gid_t *gid)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;
	int err = -ENOENT;

	if (!f)
		return -errno;
	while (err && (p = fgetpwent(f)))
		if (!strcmp(p->pw_name, user)) {
			*uid = p->pw_uid;
			*gid = p->pw_gid;
			err = 0;
		}
	fclose(f);
	return err;
}

int rights__check_user(const char *user)
{
	uid_t uid;
	gid_t gid;
	int err = find_user(user, &uid, &gid);

	if (err)
		fprintf(stderr, "vfslock: there is no user '%s' in /etc/passwd: as root, run 'useradd --system %s'\n",
			user, user);
	return err;
}

/* Is bpf(2) of any use without capabilities? The first key of a map is asked for, which needs no right of its own. */
static bool needs_cap_bpf(int map)
{
	char key[64];

	return bpf_map_get_next_key(map, NULL, key) == -EPERM;
}

static int apply(bool keep_bpf, capng_select_t what)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (keep_bpf)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF);
	return capng_apply(what);
}

/* Only the effective ones, which can be taken back. */
static bool try_without(int map)
{
	capng_get_caps_process();
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, (unsigned int)cap);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return true;
	return needs_cap_bpf(map);
}

static int become(const char *user, bool keep_bpf)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;
	int err = find_user(user, &uid, &gid);

	if (err)
		return err;
	capng_clear(CAPNG_SELECT_ALL);
	if (keep_bpf)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF);
	/* Needed for the change itself; capng_change_id() sees to it that they do not stay. */
	return capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) ? -EPERM : 0;
}

int rights__drop(const char *user, int map, bool *kept)
{
	int err;

	*kept = try_without(map);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (user && geteuid() == 0)
		err = become(user, *kept);
	else
		err = apply(*kept, CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) ? -EPERM : 0;
	if (err)
		fprintf(stderr, "vfslock: capabilities cannot be given up%s%s: %s\n", user ? " to become " : "",
			user ? user : "", strerror(-err));
	return err;
}
