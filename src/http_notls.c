/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libmicrohttpd wants of GnuTLS, without GnuTLS.
 *
 * vfslock is one static binary. Debian's libmicrohttpd.a is built with TLS and refers to these symbols, but a static
 * GnuTLS cannot be linked there: it wants p11-kit, of which there is no static library. vfslock speaks no TLS, that is
 * a proxy's job, and never passes MHD_USE_TLS; so none of these is ever called but gnutls_global_init() and
 * gnutls_global_deinit(), of which the library ignores the result. Each fails, so that TLS would fail to start rather
 * than be none.
 *
 * <gnutls/gnutls.h> is not included: its prototypes do not matter to what only fails.
 * tests/http/suite compares this list with what the library wants.
 */
#include <stddef.h>

#define UNIMPLEMENTED (-1250) /* GNUTLS_E_UNIMPLEMENTED_FEATURE */

#define FAILS(name)                                                                                                    \
	long name(void);                                                                                               \
	long name(void)                                                                                                \
	{                                                                                                              \
		return UNIMPLEMENTED;                                                                                  \
	}

#define DOES_NOTHING(name)                                                                                             \
	void name(void);                                                                                               \
	void name(void)                                                                                                \
	{                                                                                                              \
	}

#define IS_NONE(name)                                                                                                  \
	const void *name(void);                                                                                        \
	const void *name(void)                                                                                         \
	{                                                                                                              \
		return NULL;                                                                                           \
	}

/* The setting up. */
FAILS(gnutls_global_init)
DOES_NOTHING(gnutls_global_deinit)
FAILS(gnutls_init)
DOES_NOTHING(gnutls_deinit)
FAILS(gnutls_alpn_set_protocols)
FAILS(gnutls_credentials_set)
FAILS(gnutls_priority_init)
DOES_NOTHING(gnutls_priority_deinit)
FAILS(gnutls_priority_set)
DOES_NOTHING(gnutls_session_set_ptr)
IS_NONE(gnutls_session_get_ptr)
DOES_NOTHING(gnutls_transport_set_int2)

/* Certificates and keys. */
FAILS(gnutls_certificate_allocate_credentials)
DOES_NOTHING(gnutls_certificate_free_credentials)
DOES_NOTHING(gnutls_certificate_server_set_request)
DOES_NOTHING(gnutls_certificate_set_dh_params)
DOES_NOTHING(gnutls_certificate_set_retrieve_function2)
DOES_NOTHING(gnutls_certificate_set_retrieve_function3)
FAILS(gnutls_certificate_set_x509_key_mem)
FAILS(gnutls_certificate_set_x509_key_mem2)
FAILS(gnutls_certificate_set_x509_trust_mem)
FAILS(gnutls_dh_params_init)
DOES_NOTHING(gnutls_dh_params_deinit)
FAILS(gnutls_dh_params_import_pkcs3)
FAILS(gnutls_psk_allocate_server_credentials)
DOES_NOTHING(gnutls_psk_free_server_credentials)
DOES_NOTHING(gnutls_psk_set_server_credentials_function)

/* A session. The types of cipher and protocol have a 0 for "unknown". */
FAILS(gnutls_handshake)
FAILS(gnutls_bye)
FAILS(gnutls_record_recv)
FAILS(gnutls_record_send)
IS_NONE(gnutls_record_check_pending)
IS_NONE(gnutls_record_get_direction)
IS_NONE(gnutls_cipher_get)
IS_NONE(gnutls_protocol_get_version)

const char *gnutls_strerror(int error);
const char *gnutls_strerror(int error)
{
	(void)error;
	return "vfslock has no TLS";
}

/* A variable, not a function. */
void *(*gnutls_malloc)(size_t);
