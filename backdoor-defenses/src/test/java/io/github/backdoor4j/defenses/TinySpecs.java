package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.TinyImages;

/** Data sets that defaults depend on. */
final class TinySpecs {

  private TinySpecs() {}

  /** What Tiny-ImageNet is called and looks like. */
  static DatasetSpec tinyImageNet() {
    DatasetSpec like = TinyImages.spec(TinyImages.TINY_IMAGENET, 200);
    return new DatasetSpec(
        "tiny-imagenet",
        like.shape(),
        like.classNames(),
        like.normalization(),
        like.augmentation());
  }
}
