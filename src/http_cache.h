/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that were rendered, for all who ask within a second. */
#ifndef VFSLOCK_HTTP_CACHE_H
#define VFSLOCK_HTTP_CACHE_H

#include <stdbool.h>

#include "http.h"

struct MHD_Response;

#define HTTP_CACHE_PAGES 32
#define HTTP_CACHE_PATH 64   /* paths that are longer are not kept */
#define HTTP_CACHE_QUERY 128 /* no longer query is answered */

/* Zeroed it is empty. */
struct http_cache {
	struct http_page {
		char path[HTTP_CACHE_PATH];
		char query[HTTP_CACHE_QUERY];
		bool openmetrics;
		struct MHD_Response *response;
	} pages[HTTP_CACHE_PAGES];
	int n;
};

/* The page that answers @rq, still the cache's; or NULL. */
struct MHD_Response *http_cache__find(const struct http_cache *c, const struct http_request *rq);

/* Keeps @response, of which the cache takes a reference of its own by owning the caller's. False: it has no room. */
bool http_cache__keep(struct http_cache *c, const struct http_request *rq, struct MHD_Response *response);

/* Whoever is being sent a page keeps it by a reference of his own. */
void http_cache__clear(struct http_cache *c);

#endif
