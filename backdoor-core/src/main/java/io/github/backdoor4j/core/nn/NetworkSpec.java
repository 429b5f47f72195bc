package io.github.backdoor4j.core.nn;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;

/**
 * What a network is built for.
 *
 * @param input shape of the images
 * @param classes number of classes
 */
public record NetworkSpec(ImageShape input, int classes) {

  public NetworkSpec {
    requireAtLeast("classes", classes, 2);
  }

  /** The spec that fits a data set. */
  public static NetworkSpec of(DatasetSpec data) {
    return new NetworkSpec(data.shape(), data.classes());
  }
}
