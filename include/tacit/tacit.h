/* tacit/tacit.h: everything. */
#ifndef TACIT_TACIT_H
#define TACIT_TACIT_H
#include "tacit/status.h"
#include "tacit/model.h"
#include "tacit/compile.h"
#include "tacit/certificate.h"
#include "tacit/prove.h"
#include "tacit/verify.h"
#include "tacit/params.h"
#define TACIT_VERSION_STRING "0.1.0"
#endif
