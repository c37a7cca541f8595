# SPDX-License-Identifier: GPL-2.0-only
#
#	make demo	audits a real ext4 on a real kernel, in a guest, and prints the report; LOCKS=track tracks locks
#	make test	unit tests, linters and guest tests; ends with "N passed, N failed, N skipped"
#	make mutations	every rule broken on purpose, in a guest, and what vfslock said of it; part of `make test`
#	make matrix	every filesystem on every kernel; KERNELS="6.1 7.2" FILESYSTEMS="ext4 xfs" choose
#	make soak	20 million calls of healthy filesystems under all kinds of load, and no violation; an hour or more, goes on
#			where it was stopped; CALLS=50000000, KERNEL=6.12. make soak-short: the part of `make test` that does it in short
#	make daemon	the package installed in a Debian guest with systemd and Prometheus; part of `make test`
#	make screenshots the pictures of docs/, of what `make daemon` left; fetches Grafana's components from npm
#	make bench	what an audit costs, in guest instructions
#	make check-spec KERNEL=6.12	the rules against the document in Debian's kernel sources
#	make lockdep-kernel	a kernel with lockdep for the guests, built from Debian's source
#	make test-lockdep	the table of held locks against lockdep's, on that kernel; ends with totals as `make test`
#	make fuzz	the reader of documents, under libFuzzer, for two minutes
#	make page	the page of `vfslock serve`, of an audit that is made up, to be looked at: build/page/*.html
#	make packaging	what is in packaging/ and man/: the unit's exposure, alerts, dashboard, manuals, the Debian package
#	make deb	builds build/vfslock_VERSION_amd64.deb
#	make install	DESTDIR=, PREFIX=/usr/local, SYSTEMDDIR=/lib/systemd
#	make		builds build/vfslock, one static binary
#
# `demo`, `test`, `test-lockdep`, `matrix`, `soak`, `bench` and `lockdep-kernel` install what they need (Debian, as root).
# `make` alone only builds.

BUILD ?= build
CC = gcc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Werror
C_FLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -Isrc
# Templates take a context and their words even where a method reads neither.
BPF_FLAGS = -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 $(WARNINGS) -Wno-unused-parameter -Ivmlinux -Ibpf -I$(BUILD)/gen
# Debian's libmicrohttpd.a wants GnuTLS, of which there is no static one: see src/http_notls.c.
LIBS = -lbpf -lelf -lz -lcap-ng -lmicrohttpd -lpthread

SPECC_SOURCES = $(wildcard spec/compiler/*.c)
# types.spec comes first: it declares what the others use.
SPECS = spec/types.spec $(filter-out spec/types.spec,$(sort $(wildcard spec/*.spec)))
SOURCES = $(sort $(wildcard src/*.c))
OBJECTS = $(SOURCES:src/%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/rules.o $(BUILD)/obj/objects.o
BPF_OBJECTS = $(BUILD)/vfslock.bpf.o $(BUILD)/portable.bpf.o $(BUILD)/locks.bpf.o $(BUILD)/reader.bpf.o $(BUILD)/calibrate.bpf.o
GENERATED = $(BUILD)/gen/rules.c $(BUILD)/gen/ids.h $(BUILD)/gen/probes.h

.PHONY: all page demo test unit lint btf http guest locks mutations kernels stream matrix bench fuzz check-spec clean packages lockdep-kernel test-lockdep \
	soak soak-short
.DELETE_ON_ERROR:

all: $(BUILD)/vfslock

$(BUILD)/specc: $(SPECC_SOURCES) spec/compiler/specc.h
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -o $@ $(SPECC_SOURCES)

$(GENERATED) &: $(BUILD)/specc $(SPECS)
	@mkdir -p $(BUILD)/gen
	$(BUILD)/specc $(BUILD)/gen $(SPECS)

$(BUILD)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) vmlinux/vmlinux.h $(GENERATED)
	$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(LLVM_STRIP) -g $@

$(BUILD)/obj/%.o: src/%.c $(wildcard src/*.h) $(wildcard bpf/*.h)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -c $< -o $@

$(BUILD)/obj/rules.o: $(BUILD)/gen/rules.c src/rules.h
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -c $< -o $@

$(BUILD)/obj/objects.o: src/objects.S $(BPF_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -Wa,-I$(BUILD) -c $< -o $@

# libcap-ng refers to getpwuid() for a function that is not used here; the linker warns of it in a static binary.
$(BUILD)/vfslock: $(OBJECTS)
	$(CC) $(LDFLAGS) -static -Wl,--wrap=bpf_btf_get_next_id -o $@.full $(OBJECTS) $(LIBS) 2>$(BUILD)/link.log || { cat $(BUILD)/link.log >&2; exit 1; }
	strip -o $@ $@.full

# Every unit test is its own program, of the test and what it tests.
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

UNIT_FLAGS = $(C_FLAGS) -Ibpf -fsanitize=address,undefined -fno-sanitize-recover=undefined

$(BUILD)/unit/test_rules: tests/unit/test_rules.c src/judge.c $(BUILD)/gen/rules.c $(wildcard src/*.h bpf/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -o $@ $(filter %.c,$^) -lcmocka

$(BUILD)/unit/test_results: tests/unit/test_results.c src/results.c src/breach.c src/index.c src/suppress.c src/text.c src/judge.c src/hist.c $(BUILD)/gen/rules.c $(wildcard src/*.h bpf/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -o $@ $(filter %.c,$^) -lcmocka

# What is published, of an audit that is made up (tests/page).
METRICS_SOURCES = src/metrics.c src/metrics_state.c src/published.c src/bytype.c src/expose.c src/process.c src/hist.c src/json.c src/suppress.c
MADE_UP = tests/page/made_up.c src/judge.c $(BUILD)/gen/rules.c

$(BUILD)/unit/test_metrics: tests/unit/test_metrics.c $(METRICS_SOURCES) $(MADE_UP) $(wildcard src/*.h bpf/*.h tests/page/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -Itests/page -o $@ $(filter %.c,$^) -lcmocka -lm

PAGE_SOURCES = $(wildcard src/page*.c) src/html.c src/violations.c src/wording.c src/text.c src/bytype.c src/hist.c src/json.c

$(BUILD)/unit/test_page: tests/unit/test_page.c $(PAGE_SOURCES) $(MADE_UP) $(wildcard src/*.h bpf/*.h tests/page/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -Itests/page -o $@ $(filter %.c,$^) -lcmocka -lm

# The page of an audit that is made up, in files to be looked at: make page
page: $(BUILD)/page/render
	$< $(<D)

$(BUILD)/page/render: tests/page/render.c $(sort $(METRICS_SOURCES) $(PAGE_SOURCES)) $(MADE_UP) $(wildcard src/*.h bpf/*.h tests/page/*.h)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -Ibpf -Itests/page -o $@ $(filter %.c,$^) -lm

RST_SOURCES = src/rst.c src/rst_table.c src/rst_words.c

$(BUILD)/unit/test_rst: tests/unit/test_rst.c $(RST_SOURCES) $(wildcard src/*.h bpf/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -o $@ $(filter %.c,$^) -lcmocka

# What these need beside the file of their name. --wrap puts the test's own in the place of a library's function.
RULES = $(BUILD)/gen/rules.c
$(BUILD)/unit/test_suppress: UNIT_LINK = -Wl,--wrap=time
$(BUILD)/unit/test_filter: $(RULES)
$(BUILD)/unit/test_options: src/text.c $(RULES)
$(BUILD)/unit/test_watch: $(addprefix src/,alert.c finding.c judge.c json.c text.c) $(RULES)
$(BUILD)/unit/test_watch: UNIT_LINK = -Wl,--wrap=clock_gettime
$(BUILD)/unit/test_cost: UNIT_LINK = -Wl,--wrap=clock_gettime,--wrap=close
$(BUILD)/unit/test_daemon_reload: $(addprefix src/,serve_options.c options.c config.c suppress.c text.c) $(RULES)
$(BUILD)/unit/test_ksyms: src/index.c

$(BUILD)/unit/test_mounts $(BUILD)/unit/test_mounts_paths: $(BUILD)/unit/%: tests/unit/%.c src/mounts.c src/owners.c $(wildcard src/*.h bpf/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -Wl,--wrap=statx -o $@ $(filter %.c,$^) -lcmocka

STREAM_SOURCES = $(addprefix src/,stream.c alert.c results.c breach.c index.c suppress.c judge.c hist.c finding.c json.c text.c) $(RULES)

$(BUILD)/unit/test_stream $(BUILD)/unit/test_stream_calls: $(BUILD)/unit/%: tests/unit/%.c $(STREAM_SOURCES) $(wildcard src/*.h bpf/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -Wl,--wrap=clock_gettime,--wrap=time -o $@ $(filter %.c,$^) -lcmocka

$(BUILD)/unit/test_violations: tests/unit/test_violations.c src/violations.c $(STREAM_SOURCES) $(wildcard src/*.h bpf/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -Wl,--wrap=clock_gettime,--wrap=time -o $@ $(filter %.c,$^) -lcmocka

$(BUILD)/unit/test_%: tests/unit/test_%.c src/%.c $(wildcard src/*.h bpf/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) $(UNIT_LINK) -o $@ $(filter %.c,$^) -lcmocka

# The HTTP server with pages for tests: as vfslock has it, static and without TLS, and with the sanitizers, which cannot
# be static.
HTTP_TEST_SOURCES = $(sort $(filter-out src/http_notls.c,$(wildcard src/http*.c))) src/service.c

$(BUILD)/http/server: tests/http/server.c $(HTTP_TEST_SOURCES) src/http_notls.c $(wildcard src/*.h)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -static -o $@ $(filter %.c,$^) -lmicrohttpd -lpthread

$(BUILD)/http/server-asan: tests/http/server.c $(HTTP_TEST_SOURCES) $(wildcard src/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) -o $@ $(filter %.c,$^) -lmicrohttpd -lpthread

$(BUILD)/http/%: tests/http/%.c
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -o $@ $<

HTTP_TESTS = $(addprefix $(BUILD)/http/,server server-asan attack launch)

# What guests run.
GUEST_TOOLS = $(BUILD)/workload $(BUILD)/holdmap
GUEST_FLAGS = -std=gnu11 -O2 -Wall -Wextra -Werror -static

$(BUILD)/workload: $(wildcard tests/vm/workload/*.[ch])
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/holdmap: tests/vm/holdmap.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -o $@ $<

# The BTF check: libbpf relocates the programs, with an imitation in the place of bpf(2).
BTF_CHECK_SOURCES = $(wildcard tests/btf/*.c) src/kbtf.c $(BUILD)/gen/rules.c

$(BUILD)/btf/check: $(BTF_CHECK_SOURCES) tests/btf/check.h $(wildcard src/*.h bpf/*.h)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -Ibpf -static -Wl,--wrap=syscall,--wrap=btf__load_vmlinux_btf -o $@ $(BTF_CHECK_SOURCES) \
		-lbpf -lelf -lz

# The reader of documents under libFuzzer, for FUZZ_SECONDS; it works on a copy of the corpus.
FUZZ_SECONDS ?= 120

$(BUILD)/fuzz_rst: tests/fuzz/fuzz_rst.c $(RST_SOURCES) $(wildcard src/rst*.h)
	$(CLANG) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -Isrc -o $@ $(filter %.c,$^)

fuzz: packages
	$(MAKE) --no-print-directory $(BUILD)/fuzz_rst
	rm -rf $(BUILD)/corpus && mkdir -p $(BUILD)/corpus && cp tests/unit/rst/*.rst $(BUILD)/corpus
	$(BUILD)/fuzz_rst -max_total_time=$(FUZZ_SECONDS) -max_len=8192 $(BUILD)/corpus

# Compares the rules with the document in Debian's kernel sources: make check-spec KERNEL=6.12
KERNEL ?= 6.1

check-spec: packages
	$(MAKE) --no-print-directory all
	tests/check-spec $(KERNEL) $(BUILD)

packages:
	tests/packages

# word or track: the report's --locks.
LOCKS ?= word

# The recursive call comes after the packages are there: make itself looks for no compiler before.
demo: packages
	$(MAKE) --no-print-directory all $(GUEST_TOOLS)
	tests/vm/demo $(BUILD) $(LOCKS)

test: packages
	tests/packages soak
	tests/packages packaging
	$(MAKE) --no-print-directory all $(BUILD)/specc $(UNIT_TESTS) $(BUILD)/btf/check $(HTTP_TESTS) $(GUEST_TOOLS)
	tests/run $(BUILD)

lint unit btf http guest locks mutations kernels stream: packages
	$(MAKE) --no-print-directory all $(BUILD)/specc $(UNIT_TESTS) $(BUILD)/btf/check $(HTTP_TESTS) $(GUEST_TOOLS)
	tests/run $(BUILD) $@

# Both empty: all there are.
KERNELS ?=
FILESYSTEMS ?=

matrix:
	tests/packages matrix
	$(MAKE) --no-print-directory all $(GUEST_TOOLS)
	tests/vm/matrix $(if $(KERNELS),-k "$(KERNELS)") $(if $(FILESYSTEMS),-F "$(FILESYSTEMS)") $(BUILD)

# The kernel that `tests/vm/run-guest -k 6.1-lockdep` boots.
lockdep-kernel:
	tests/packages lockdep
	tests/vm/build-lockdep-kernel

$(BUILD)/bench-guest: $(wildcard tests/vm/bench/*.c) tests/vm/bench/bench.h
	$(CC) $(C_FLAGS) -static -o $@ $(filter %.c,$^) -lbpf -lelf -lz

# The table of held locks against lockdep's own.
LOCKCHECK = tests/vm/lockcheck

$(BUILD)/lockcheck.bpf.o: $(LOCKCHECK)/lockcheck.bpf.c $(LOCKCHECK)/lockcheck.h $(wildcard bpf/*.h) vmlinux/vmlinux.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_FLAGS) -I$(LOCKCHECK) -c $< -o $@
	$(LLVM_STRIP) -g $@

$(BUILD)/lockcheck: $(wildcard $(LOCKCHECK)/*.[chS]) src/ksyms.c src/index.c src/json.c src/kprobe.c $(BUILD)/lockcheck.bpf.o
	$(CC) $(C_FLAGS) -Ibpf -I$(LOCKCHECK) -Wa,-I$(BUILD) -static -o $@ $(LOCKCHECK)/lockcheck.c $(LOCKCHECK)/outcome.c \
		$(LOCKCHECK)/object.S src/ksyms.c src/index.c src/json.c src/kprobe.c -lbpf -lelf -lz -lm

test-lockdep:
	tests/packages lockdep
	$(MAKE) --no-print-directory all $(BUILD)/lockcheck $(GUEST_TOOLS)
	tests/run $(BUILD) lockdep

# How many calls at least.
CALLS ?= 20000000

soak:
	tests/packages soak
	$(MAKE) --no-print-directory all $(GUEST_TOOLS)
	tests/vm/run-soak -k $(KERNEL) -n $(CALLS) $(BUILD)

soak-short:
	tests/packages soak
	$(MAKE) --no-print-directory all $(GUEST_TOOLS)
	tests/run $(BUILD) soak

.PHONY: daemon screenshots

daemon: packages
	$(MAKE) --no-print-directory all deb $(GUEST_TOOLS)
	tests/run $(BUILD) daemon

screenshots:
	tests/packages screenshots
	tests/vm/screenshot $(BUILD) docs

bench:
	tests/packages bench
	$(MAKE) --no-print-directory all $(BUILD)/bench-guest
	tests/vm/run-bench -o $(BUILD)/bench.json -V $(BUILD)/vfslock -B $(BUILD)/bench-guest

# Tests of packaging/ and man/.
.PHONY: packaging deb install

packaging:
	tests/packages packaging
	$(MAKE) --no-print-directory all
	tests/run $(BUILD) packaging

deb:
	tests/packages packaging
	packaging/build-deb $(BUILD)

PREFIX ?= /usr/local
SYSTEMDDIR ?= /lib/systemd
# What `install` takes as the program: Debian's package wants the one with symbols.
BINARY ?= $(BUILD)/vfslock

# systemd's unit names /usr/sbin/vfslock: another PREFIX changes it here.
install: all
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/sbin/vfslock
	install -d $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -D -m 644 packaging/completion/vfslock $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vfslock
	install -d $(DESTDIR)$(SYSTEMDDIR)/system
	sed 's|/usr/sbin/vfslock|$(PREFIX)/sbin/vfslock|' packaging/systemd/vfslock.service \
		>$(DESTDIR)$(SYSTEMDDIR)/system/vfslock.service
	chmod 644 $(DESTDIR)$(SYSTEMDDIR)/system/vfslock.service
	install -m 644 packaging/systemd/vfslock.socket $(DESTDIR)$(SYSTEMDDIR)/system
	install -D -m 644 packaging/systemd/vfslock.sysusers $(DESTDIR)/usr/lib/sysusers.d/vfslock.conf
	install -d $(DESTDIR)/etc/vfslock
	install -m 644 packaging/etc/vfslock.conf packaging/etc/suppress.conf $(DESTDIR)/etc/vfslock

clean:
	rm -rf $(BUILD)
