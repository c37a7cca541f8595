/* SPDX-License-Identifier: GPL-2.0 */
/*
 * faultfs - a filesystem whose methods do nothing but be called: each one as often as it is asked for, and in exactly
 * the state of locks and the context that is asked for. For tests of vfslock, which must see each of these states.
 *
 * One line written to /proc/faultfs is one command:
 *
 *	OPS.METHOD COUNT [variant=V] [tag=N] [LOCK.SUBJECT=MODE[:other][:neighbour]]... [context=C] [body=B]
 *			 [LOCK.SUBJECT.exit=MODE] [LOCK.SUBJECT.after=now|later|never]
 *
 *	MODE	none, shared, exclusive, held; what is not named is not taken. `other`: a kthread holds it; `neighbour`:
 *		the same lock of another object of the same kind, which the call is not about
 *	V	which arguments the call gets (plain)		N	the call goes through faultfs_tag_NN (0)
 *	C	task (default), preempt_off, bh_off, spin, hardirq, softirq
 *	B	what the method does inside: nothing (default), sleep, preempt (it is preempted and does not sleep),
 *		nested (another method of the object sleeps)
 *	exit	what the method leaves the lock in		after	when a lock that came held is released: by the
 *		method (now), some 50 ms after it (later), or by the command `settle` (never)
 *
 * Other commands: `settle`, and `methods`, whose outcome is a list of what there is. Reading the file gives the outcome
 * of the last command. What a method does not have is EOPNOTSUPP, what makes no sense EINVAL; nothing is then done.
 *
 * How the parts fit together. A struct faultfs_part is all there is of one ops struct (inode_operations, ...): its
 * methods, and what has to be set up at the mount. Each COUNT is one round:
 *
 *	prepare()	chooses the arguments for the variant: s->dir, s->inode, s->file ... for call() and find() to
 *use find()		gives the address of each lock, for those arguments; the one of a neighbour of the same kind
 *	call()		in the state asked for; makes the one call through the object's table, and returns its error
 *	finish()	undoes prepare()
 *
 * prepare and finish may sleep and run without any of the locks. A stub, the method itself, is
 *
 *	static noinline int faultfs_inode_create(...)
 *	{
 *		if (!faultfs_stub())
 *			the VFS called it: do what it takes for it to be satisfied
 *		return 0;
 *	}
 *
 * faultfs_stub() does all the command asks for: the body, the state at the exit, what is released after it. It is false
 * in calls that are not the command's. Stubs and call functions are not inlined, and make no tail calls, as they are
 * looked for in stacks.
 */
#ifndef FAULTFS_H
#define FAULTFS_H

#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/version.h>

#define FAULTFS_NAME "faultfs"
#define FAULTFS_DISK "faultdisk0"
#define FAULTFS_MAGIC 0x6661756c
#define FAULTFS_MAX_LOCKS 8
#define FAULTFS_TAGS 64

#define FAULTFS_SINCE(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/*
 * What methods of inodes get in front of their arguments, and what calls pass there. With the comma, as there may be
 * nothing.
 */
#if FAULTFS_SINCE(6, 3)
#define FAULTFS_IDMAP_PARAM struct mnt_idmap *idmap,
#define FAULTFS_IDMAP &nop_mnt_idmap,
#elif FAULTFS_SINCE(5, 12)
#define FAULTFS_IDMAP_PARAM struct user_namespace *mnt_userns,
#define FAULTFS_IDMAP &init_user_ns,
#else
#define FAULTFS_IDMAP_PARAM
#define FAULTFS_IDMAP
#endif

struct scene;
struct faultfs_call;

enum faultfs_kind {
	FAULTFS_RWSEM,
	FAULTFS_MUTEX,
	FAULTFS_SPIN,
	FAULTFS_SEQLOCK, /* seqlock_t; held: as its writer */
	FAULTFS_FOLIO,   /* find() gives a struct folio *, before 5.18 a struct page * */
	FAULTFS_BUFFER,  /* struct buffer_head * */
};

/* A lock that is either held or not is held exclusively. */
enum faultfs_mode { FAULTFS_UNSET, FAULTFS_NONE, FAULTFS_SHARED, FAULTFS_EXCLUSIVE };

enum faultfs_after { FAULTFS_STAYS, FAULTFS_NOW, FAULTFS_LATER, FAULTFS_NEVER };

/* A lock that rules of a method are about. */
struct faultfs_lock {
	const char *name; /* LOCK.SUBJECT of the rules' ids: "i_rwsem.dir" */
	enum faultfs_kind kind;
	/* NULL: there is none (of this variant; no neighbour). */
	void *(*find)(struct scene *s, bool neighbour);
	/* What the method does with it unless the command says otherwise. */
	enum faultfs_mode exit;   /* FAULTFS_UNSET: leaves it as it came */
	enum faultfs_after after; /* FAULTFS_NOW: unlocks it if it came locked; later and never are possible, too */
};

struct faultfs_method {
	const char *name;
	const char *const *variants;      /* NULL-terminated, the first is the default; NULL: only "plain" */
	const struct faultfs_lock *locks; /* until one without a name; may be NULL */
	int (*prepare)(struct scene *s);  /* may be NULL, and so may finish */
	int (*call)(struct scene *s);
	void (*finish)(struct scene *s);
	/*
	 * body=nested: calls another method of the same object, whose stub then sleeps. It runs inside the stub of the
	 * method under test. NULL: that is not possible.
	 */
	int (*nested)(struct scene *s);
};

struct faultfs_part {
	const char *name;                     /* as in the rules' ids: "inode_operations" */
	const struct faultfs_method *methods; /* until one without a name */
	/*
	 * With the filesystem's own objects set up, at the end of the mount, and before they go; both may be NULL.
	 * teardown is called after a setup that failed, too.
	 */
	int (*setup)(struct scene *s);
	void (*teardown)(struct scene *s);
};

/*
 * The objects. They exist from mount to unmount, and the scene holds a reference to each, so that no call drops a last
 * one: no method is called as a side effect.
 *
 *	/		root
 *	/a/		dir: file, victim, sub (of file_*, *_sub), new (negative)
 *	/b/		other_dir: likewise
 *	/c/		spare_dir: the neighbour of directories, in no call's arguments
 *	/link		symlink
 *	/spare		the neighbour of all that is no directory, in no call's arguments
 *
 * fds: `file` (a/file), `other_file` (b/file), `spare_file` (spare), `dir_file` (a), `spare_dir_file` (c).
 */
struct faultfs_dir {
	struct dentry *dentry;          /* of the directory itself */
	struct dentry *file, *victim;   /* regular files */
	struct dentry *sub, *other_sub; /* directories */
	struct dentry *fresh;           /* negative, hashed */
};

struct scene {
	struct super_block *sb;
	/* Another super_block, of no audited filesystem, and a mount of it for calls that take a struct path or file.
	 */
	struct super_block *spare_sb;
	struct vfsmount *mnt;

	struct dentry *root, *link;
	struct faultfs_dir a, b;
	struct dentry *spare_dir, *spare;
	struct file *file, *other_file, *spare_file, *dir_file, *spare_dir_file;

	/* The command that runs, and what prepare() chose for this round: everything is NULL before. */
	struct faultfs_call *call;
	struct faultfs_args {
		struct inode *dir, *other_dir;  /* rename: old and new */
		struct dentry *dentry, *target; /* rename: old and new; link: source and new */
		struct inode *inode;            /* what the call is about, no directory's entry */
		struct file *filp;
		unsigned int flags;
		void *extra;
		/* What is read, written or made known, of methods that really do that; NULL: nothing. */
		void *buffer;
		size_t size;
		struct pipe_inode_info *pipe;
		int refusal; /* an error that the method may answer with */
	} arg;
};

/* One lock of the call that runs. */
struct faultfs_state {
	const struct faultfs_lock *lock;
	void *at; /* what is locked, the neighbour's if asked for; NULL: nothing */
	enum faultfs_mode asked, exit;
	enum faultfs_after after;
	bool other, neighbour;
	enum faultfs_mode held; /* by the caller, at the moment */
	struct faultfs_holder *holder;
};

enum faultfs_context {
	FAULTFS_TASK,
	FAULTFS_PREEMPT_OFF,
	FAULTFS_BH_OFF,
	FAULTFS_SPINNING,
	FAULTFS_HARDIRQ,
	FAULTFS_SOFTIRQ,
	FAULTFS_N_CONTEXTS
};

enum faultfs_body { FAULTFS_NOTHING, FAULTFS_SLEEP, FAULTFS_PREEMPT, FAULTFS_NESTED, FAULTFS_N_BODIES };

/* A command. */
struct faultfs_call {
	struct scene *scene;
	const struct faultfs_part *part;
	const struct faultfs_method *method;
	const char *variant;
	unsigned int count, tag;
	enum faultfs_context context;
	enum faultfs_body body;
	struct faultfs_state state[FAULTFS_MAX_LOCKS];
	unsigned int n_states;
	const char *on;       /* DIR of on=DIR */
	const void *function; /* the method, if it is no stub: set by prepare() */
	struct task_struct *task;
	/*
	 * For a call that is made inside of another method: call() sets it and calls that one, whose stub then does
	 * nothing but call inner(), which makes the call under test. Is reset for every round.
	 */
	int (*inner)(struct scene *s);
	/* Of this round. */
	unsigned int depth; /* of stubs */
	int result;         /* of call() */
	int error;          /* what stubs could not do */
};

/* What is different in modules whose methods are those of real filesystems (real.c). */
struct faultfs_world {
	const char *name; /* of the control file */
	/* A stub does what the command asks a method for. Without it the body, the exit and the after are the method's.
	 */
	bool has_stubs;
	bool (*offers)(const struct faultfs_part *p, const struct faultfs_method *m);
	bool (*can)(const struct faultfs_call *c);
	/* The objects for the command, which stay until they are put; or an error. */
	struct scene *(*get)(const struct faultfs_call *c);
	void (*put)(struct scene *s);
	int (*prepare)(struct scene *s);
	void (*finish)(struct scene *s);
};

extern const struct faultfs_world faultfs_world;

/* Of the command that runs: is it this variant? */
bool faultfs_is_variant(const struct scene *s, const char *name);

/* context.c */
bool faultfs_stub(void);
int faultfs_run(struct faultfs_call *c);
bool faultfs_context_possible(const struct faultfs_call *c);
int faultfs_context_start(struct faultfs_call *c);
void faultfs_context_end(struct faultfs_call *c);

/* locks.c */
int faultfs_locks_find(struct faultfs_call *c);
int faultfs_locks_take(struct faultfs_call *c);
void faultfs_locks_release(struct faultfs_call *c);
/* What the method itself has unlocked is not to be released, and what it has locked is. */
void faultfs_locks_forget(struct faultfs_call *c);
/* Within a stub. */
int faultfs_locks_leave(struct faultfs_call *c);
bool faultfs_spins_drop(struct faultfs_call *c);
void faultfs_spins_retake(struct faultfs_call *c);
bool faultfs_needs_pin(const struct faultfs_call *c);
/* Releases what was left locked by after=never, and waits for after=later. */
void faultfs_settle(void);

/* scene.c */
int faultfs_scene_build(struct super_block *sb);
void faultfs_scene_end(struct super_block *sb);
/* The scene of the mounted filesystem, which stays mounted until it is put; -ENODEV if there is none. */
struct scene *faultfs_scene_get(const struct faultfs_call *c);
void faultfs_scene_put(struct scene *s);
/* For reading and writing, of a file or a directory. */
struct file *faultfs_open(struct scene *s, struct dentry *dentry);
/* Closes it at once: what is left for later may come after the unmount. */
void faultfs_close(struct file *file);

/* find.c: objects of the variant's arguments for find() of many methods, see struct faultfs_args. */
void *faultfs_rwsem_of_dir(struct scene *s, bool neighbour);
void *faultfs_rwsem_of_inode(struct scene *s, bool neighbour);
void *faultfs_umount_of_sb(struct scene *s, bool neighbour);

/* fs.c */
extern struct file_system_type faultfs_type;
int faultfs_fill_super(struct super_block *sb, void *data, int silent);
struct inode *faultfs_new_inode(struct super_block *sb, umode_t mode);
struct vfsmount *faultfs_spare_mnt(void);
int faultfs_fs_init(void);
void faultfs_fs_exit(void);

/* main.c */
extern const struct faultfs_part *const faultfs_parts[]; /* NULL-terminated */

/* control.c */
int faultfs_control_init(void);
void faultfs_control_exit(void);

/* super.c: where the inodes of the filesystem come from */
int faultfs_inodes_init(void);
void faultfs_inodes_exit(void);

/* bdev.c */
int faultfs_disk_init(void);
void faultfs_disk_exit(void);

/* main.c: addresses of what is not exported, given at insmod; NULL if they are not. */
void *faultfs_namespace_sem(void);
void *faultfs_blocked_lock_lock(void);
void *faultfs_swap_lock(void);

/* xattr_calls.c */
const struct xattr_handler *faultfs_lister_of(struct scene *s);

/* vm.c: of the mapping that was chosen for this round */
const struct vm_operations_struct *faultfs_vm_table(void);

/* One part per file. */
extern const struct faultfs_part faultfs_inode_part, faultfs_dentry_part, faultfs_super_part, faultfs_file_part,
	faultfs_xattr_part, faultfs_fstype_part;
extern const struct faultfs_part faultfs_aops_part, faultfs_vm_part, faultfs_bdev_part, faultfs_bh_part,
	faultfs_lm_part, faultfs_fl_part, faultfs_dquot_part;

/* The tables that fs.c hangs on the objects of the filesystem. */
extern const struct inode_operations faultfs_dir_iops, faultfs_file_iops, faultfs_link_iops;
extern const struct file_operations faultfs_dir_fops, faultfs_file_fops;
extern const struct dentry_operations faultfs_dentry_ops;
extern const struct super_operations faultfs_super_ops;
extern const struct xattr_handler faultfs_xattr_handler;
/* aops.c: of regular files. vm.c: set by ->mmap. dquot.c: of the super_block. */
extern const struct address_space_operations faultfs_aops;
extern const struct vm_operations_struct faultfs_vm_ops;
extern const struct dquot_operations faultfs_dquot_ops;

#endif
