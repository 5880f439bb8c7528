// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_LOADER_H
#define APUS_LOADER_H

#endif
