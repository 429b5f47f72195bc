package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.record.Doc;

/**
 * Options of the VGG networks.
 *
 * @param width channels of the first convolutions; later ones have 2, 4 and 8 times as many, and
 *     the two hidden affine layers 64 times
 */
public record VggOptions(
    @Doc(
            value =
                "channels of the first convolutions; 64 in the published weights, whose hidden"
                    + " affine layers have 64 times as many outputs",
            range = "at least 1")
        int width) {

  public VggOptions {
    requireAtLeast("width", width, 1);
  }
}
