/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of metrics; see textfile.h. */
#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".prom"

struct textfile {
	char *path;
	char *unfinished; /* PATH.PID: the new content until it is whole */
	int err;          /* of the last write, as it was told; 0: it worked */
};

static const char *remedy(int err)
{
	switch (-err) {
	case ENOSPC:
	case EDQUOT:
		return "; make room there";
	case EFBIG:
		return "; the limit of a file's size (LimitFSIZE=) is too low";
	case ENOENT:
	case ENOTDIR:
		return "; make its directory";
	case EROFS:
	case EACCES:
	case EPERM:
		return "; its directory must be writable for the user that serves (ReadWritePaths= in a systemd unit)";
	default:
		return "";
	}
}

/* What follows the name of the file in the name of one that is unfinished: a dot and digits. */
static bool is_unfinished(const char *name, const char *base)
{
	size_t len = strlen(base);

	return !strncmp(name, base, len) && name[len] == '.' && name[len + 1] &&
	       strspn(name + len + 1, "0123456789") == strlen(name + len + 1);
}

/* Two daemons cannot share one file: what is unfinished is nobody's. */
static int remove_leftovers(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	char *directory = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	struct dirent *entry;
	DIR *dir;

	if (!directory)
		return -ENOMEM;
	dir = opendir(directory);
	free(directory);
	if (!dir)
		return 0; /* writing tells */
	while ((entry = readdir(dir))) {
		if (is_unfinished(entry->d_name, base) && unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			fprintf(stderr, "vfslock: cannot remove the leftover %s of %s: %s\n", entry->d_name, path,
				strerror(errno));
	}
	closedir(dir);
	return 0;
}

int textfile__open(const char *path, struct textfile **out)
{
	size_t len = strlen(path), suffix = strlen(SUFFIX);
	struct textfile *t;
	int err;

	if (len <= suffix || strcmp(path + len - suffix, SUFFIX) != 0 || path[len - suffix - 1] == '/') {
		fprintf(stderr,
			"vfslock: --textfile %s: its name must end in " SUFFIX ", or node_exporter does not "
			"read it\n",
			path);
		return -EINVAL;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->path = strdup(path);
	if (asprintf(&t->unfinished, "%s.%d", path, (int)getpid()) < 0)
		t->unfinished = NULL;
	err = t->path && t->unfinished ? remove_leftovers(path) : -ENOMEM;
	if (err) {
		fprintf(stderr, "vfslock: --textfile %s: %s\n", path, strerror(-err));
		textfile__close(t);
		return err;
	}
	*out = t;
	return 0;
}

/* In memory first: what goes wrong with the file is then told from what goes wrong with the content. */
static int render_text(textfile_render render, void *arg, char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);
	int err;

	if (!f)
		return -ENOMEM;
	err = render(arg, f);
	if (fclose(f) == EOF && !err)
		err = -ENOMEM;
	return err;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* All of it on the disk before it has its name, or nothing. */
static int replace(const struct textfile *t, const char *text, size_t len)
{
	int err, fd = open(t->unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (!err && (fchmod(fd, 0644) < 0 || fsync(fd) < 0))
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(t->unfinished, t->path) < 0)
		err = -errno;
	if (err)
		unlink(t->unfinished);
	return err;
}

int textfile__write(struct textfile *t, textfile_render render, void *arg)
{
	char *text = NULL;
	size_t len = 0;
	int err = render_text(render, arg, &text, &len);

	if (!err)
		err = replace(t, text, len);
	free(text);
	if (err && err != t->err)
		fprintf(stderr, "vfslock: cannot write %s: %s%s; what it was before stays\n", t->path, strerror(-err),
			remedy(err));
	else if (!err && t->err)
		fprintf(stderr, "vfslock: %s is written again\n", t->path);
	t->err = err;
	return err;
}

void textfile__close(struct textfile *t)
{
	if (!t)
		return;
	free(t->path);
	free(t->unfinished);
	free(t);
}
