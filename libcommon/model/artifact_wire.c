#include "libcommon/base/text.h"
#include "libcommon/model/wire.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)LL_ARTIFACT_NOTES == (int)LIVELOAD__V1__ARTIFACT_KIND__ARTIFACT_NOTES, "kinds of artifacts differ");

Liveload__V1__Artifact *ll_wire_artifact_to_proto(struct ll_wire_arena *arena, const struct ll_artifact *artifact) {
    Liveload__V1__Artifact *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__artifact__init(message);
    message->name = ll_wire_text(artifact->name);
    message->kind = (Liveload__V1__ArtifactKind)artifact->kind;
    message->bytes = artifact->bytes;
    message->whole = artifact->is_whole;
    message->user_id = artifact->user_id;
    message->iteration = artifact->iteration;
    message->step = artifact->step;
    message->label = ll_wire_text(artifact->label);
    message->node = ll_wire_text(artifact->node);
    return message;
}

ll_err ll_wire_artifact_from_proto(const Liveload__V1__Artifact *message, struct ll_artifact *out) {
    if (!message || !ll_artifact_name_is_safe(message->name))
        return ll_err_make(LL_INVALID_ARGUMENT, "the name of an artifact cannot be a file's");
    if ((int)message->kind < 0 || message->kind >= (int)LL_ARTIFACT_KINDS)
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "artifacts of kind %d are unknown here: install the same version "
                           "everywhere",
                           (int)message->kind);
    *out = (struct ll_artifact){
        .kind = (enum ll_artifact_kind)message->kind,
        .bytes = message->bytes,
        .is_whole = message->whole,
        .user_id = message->user_id,
        .iteration = message->iteration,
        .step = message->step,
    };
    memcpy(out->name, message->name, strlen(message->name) + 1);
    ll_text_clean(message->label, out->label, sizeof out->label);
    ll_text_clean(message->node, out->node, sizeof out->node);
    return LL_SUCCESS;
}
