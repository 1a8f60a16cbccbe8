/* version: of the library, as text. */
#ifndef TACIT_APP_VERSION_H
#define TACIT_APP_VERSION_H
#include "tacit/tacit.h"

#ifdef TACIT_VERSION_STRING
#define APP_VERSION TACIT_VERSION_STRING
#else
#define APP_VERSION TACIT_VERSION
#endif

#endif
