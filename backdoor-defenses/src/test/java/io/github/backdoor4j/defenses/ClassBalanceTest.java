package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClassBalanceTest {

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Forty images of four classes, with these many of each. */
  private static ImageDataset images(int... counts) {
    ImageDataset equal = TinyImages.blobs(160, new Seed(1));
    long[] rows =
        IntStream.range(0, counts.length)
            .boxed()
            .flatMap(label -> IntStream.range(0, counts[label]).mapToObj(i -> label + 4L * i))
            .mapToLong(Long::longValue)
            .toArray();
    return equal.subset(rows);
  }

  @Test
  void subset_takesTheQuotaOfEachClass_orWhatThereIs_inClassOrder() {
    ImageDataset subset = ClassBalance.subset(images(25, 9, 5, 1), new Seed(2));

    assertThat(subset.labelValues())
        .containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3);
  }

  /** GTSRB's 1,960 clean images of 43 classes give 45 each; so few images give one each. */
  @Test
  void quota_isRoundedDown_butOneAtLeast() {
    assertThat(ClassBalance.quota(1960, 43)).isEqualTo(45);
    assertThat(ClassBalance.quota(2500, 10)).isEqualTo(250);
    assertThat(ClassBalance.quota(3, 10)).isEqualTo(1);
  }

  @Test
  void most_isAQuotaOfEachClass_butNotMoreThanThereAre() {
    assertThat(ClassBalance.most(1960, 43)).isEqualTo(1935);
    assertThat(ClassBalance.most(3, 10)).isEqualTo(3);
  }

  @Test
  void subset_isDrawnWithoutReplacement_bySeed() {
    ImageDataset all = images(25, 5, 5, 5);

    String first = Tensors.sha256(ClassBalance.subset(all, new Seed(3)).images());

    assertThat(Tensors.sha256(ClassBalance.subset(all, new Seed(3)).images())).isEqualTo(first);
    assertThat(Tensors.sha256(ClassBalance.subset(all, new Seed(4)).images())).isNotEqualTo(first);
    ImageDataset drawn = ClassBalance.subset(all, new Seed(3));
    long different =
        IntStream.range(0, drawn.size())
            .mapToObj(row -> Tensors.sha256(drawn.images().get(row)))
            .distinct()
            .count();
    assertThat(different).isEqualTo(drawn.size());
  }
}
