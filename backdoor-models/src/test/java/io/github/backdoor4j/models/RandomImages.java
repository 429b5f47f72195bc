package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A fixture: noise of the benchmark's shape, for timings and memory. */
final class RandomImages {

  private RandomImages() {}

  static ImageDataset of(int count) {
    GeneratorOptional generator = Tensors.generator(new Seed(1));
    DatasetSpec spec =
        new DatasetSpec(
            "noise",
            new ImageShape(3, 32, 32),
            List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
            Normalization.uniform(3, 0.5, 0.25),
            new Augmentation(4, true));
    return new ImageDataset(
        spec,
        Tensors.integers(generator, 0, 256, count, 3, 32, 32).to(ScalarType.Byte),
        Tensors.integers(generator, 0, 10, count));
  }
}
