package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import java.util.List;

/**
 * What a data set is, without its images.
 *
 * @param id identifier, for example {@code cifar10}
 * @param shape shape of every image
 * @param classNames one name per class, in label order
 * @param normalization the published per-channel normalisation
 * @param augmentation what the benchmark's recipe does to training images
 */
public record DatasetSpec(
    String id,
    ImageShape shape,
    List<String> classNames,
    Normalization normalization,
    Augmentation augmentation) {

  public DatasetSpec {
    classNames = List.copyOf(classNames);
    require(classNames.size() >= 2, "data set '%s' needs at least two classes", id);
    require(
        normalization.mean().size() == shape.channels(),
        "normalisation of '%s' has %d channels, its images have %d",
        id,
        normalization.mean().size(),
        shape.channels());
  }

  /** Number of classes. */
  public int classes() {
    return classNames.size();
  }
}
