// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_IMAGES_H
#define APUS_IMAGES_H

#endif
