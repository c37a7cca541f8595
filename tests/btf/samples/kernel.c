// SPDX-License-Identifier: GPL-2.0-only
/* Compiled, its BTF is that of a kernel for samples.bpf.c. */
enum color { RED, GREEN };

struct inner {
	int depth;
};

struct sample {
	int here;
	union {
		struct {
			int nested;
		};
		long overlay;
	};
	struct inner inner;
	struct inner now_a_struct;
};

struct sample sample;
enum color color;
