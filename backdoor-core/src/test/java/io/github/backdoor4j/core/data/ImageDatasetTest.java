package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDatasetTest {

  private static final ImageShape SHAPE = new ImageShape(1, 2, 3);
  private static final DatasetSpec SPEC = SampleImages.spec(4, SHAPE);

  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static Tensor bytes(long... shape) {
    int size = 1;
    for (long extent : shape) {
      size *= (int) extent;
    }
    return Tensors.ofBytes(new byte[size], shape);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 4, 255, Long.MAX_VALUE})
  void label_thatIsNoClass_isRefused(long label) {
    Tensor labels = Tensors.ofLongs(new long[] {0, label});

    assertThatThrownBy(() -> new ImageDataset(SPEC, bytes(2, 1, 2, 3), labels))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("'sample'", "label " + label, "0 to 3");
  }

  @Test
  void images_ofAnotherShape_areRefused() {
    Tensor labels = Tensors.ofLongs(new long[] {0, 1});

    for (Tensor wrong :
        List.of(bytes(2, 1, 3, 2), bytes(2, 3, 2, 3), bytes(3, 1, 2, 3), bytes(2, 6))) {
      assertThatThrownBy(() -> new ImageDataset(SPEC, wrong, labels))
          .isInstanceOf(DataException.class)
          .hasMessageContainingAll("[2, 1, 2, 3]", java.util.Arrays.toString(wrong.shape()));
    }
  }

  @Test
  void images_ofAnotherType_areRefused() {
    Tensor labels = Tensors.ofLongs(new long[] {0, 1});
    Tensor floats = bytes(2, 1, 2, 3).to(ScalarType.Float);

    assertThatThrownBy(() -> new ImageDataset(SPEC, floats, labels))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("8-bit", "Float");
  }

  @Test
  void labels_ofAnotherTypeOrShape_areRefused() {
    Tensor images = bytes(2, 1, 2, 3);
    Tensor ints = Tensors.ofLongs(new long[] {0, 1}).to(ScalarType.Int);
    Tensor column = Tensors.ofLongs(new long[] {0, 1}, 2, 1);

    assertThatThrownBy(() -> new ImageDataset(SPEC, images, ints))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("64-bit", "Int");
    assertThatThrownBy(() -> new ImageDataset(SPEC, images, column))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("[2, 1]");
  }

  @Test
  void emptySet_isAllowed() {
    ImageDataset empty = SampleImages.withLabels(4, SHAPE, 3, 2).subset(new long[0]);

    assertThat(empty.size()).isZero();
    assertThat(empty.count(0)).isZero();
  }

  @Test
  void subset_keepsTheOrderAsked_repetitionIncluded() {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2, 1, 0);

    ImageDataset part = set.subset(new long[] {2, 0, 2});

    assertThat(part.labelValues()).containsExactly(1, 3, 1);
    assertThat(Tensors.toLongs(part.images().narrow(2, 0, 1).narrow(3, 0, 1)))
        .containsExactly(74, 0, 74);
    assertThat(part.count(1)).isEqualTo(2);
    assertThat(part.spec()).isEqualTo(set.spec());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 4})
  void subset_withARowOutside_isTheCallersMistake(long row) {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2, 1, 0);

    assertThatThrownBy(() -> set.subset(new long[] {row}))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("row " + row, "4 images");
  }

  @Test
  void sample_takesEachImageOnce_otherOnesWithAnotherSeed() {
    ImageDataset set = SampleImages.withLabels(8, SHAPE, 7, 6, 5, 4, 3, 2, 1, 0);

    assertThat(set.sample(5, new Seed(1)).labelValues()).hasSize(5).doesNotHaveDuplicates();
    assertThat(set.sample(5, new Seed(1)).labelValues())
        .isEqualTo(set.sample(5, new Seed(1)).labelValues())
        .isNotEqualTo(set.sample(5, new Seed(2)).labelValues());
    assertThat(set.sample(8, new Seed(1))).isSameAs(set);
    assertThat(set.sample(0, new Seed(1)).size()).isZero();
    assertThatThrownBy(() -> set.sample(9, new Seed(1)))
        .isInstanceOf(UsageException.class)
        .hasMessage("9 images asked for of 8");
  }

  @Test
  void labelValues_areACopy() {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2);
    set.labelValues()[0] = 0;
    assertThat(set.labelValues()).containsExactly(3, 2);
  }

  @Test
  void on_itsOwnDevice_isTheSetItself() {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2);
    assertThat(set.on(ComputeDevice.CPU)).isSameAs(set);
  }

  @Test
  void forEachTensor_visitsImagesAndLabels() {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2);
    List<Tensor> visited = new ArrayList<>();
    set.forEachTensor(visited::add);
    assertThat(visited).containsExactly(set.images(), set.labels());
  }

  @Test
  void contentHash_isSha256OverIdShapesAndBytes() throws NoSuchAlgorithmException {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2, 0);
    ByteBuffer images = ByteBuffer.allocate(4 * 8 + 18).order(ByteOrder.LITTLE_ENDIAN);
    images.putLong(3).putLong(1).putLong(2).putLong(3);
    for (int at = 0; at < 18; at++) {
      images.put((byte) (37 * (at / 6) + 11 * (at % 6)));
    }
    ByteBuffer labels = ByteBuffer.allocate(8 + 3 * 8).order(ByteOrder.LITTLE_ENDIAN);
    labels.putLong(3).putLong(3).putLong(2).putLong(0);

    String parts = "sample\n" + sha256(images.array()) + "\n" + sha256(labels.array());

    assertThat(set.contentHash()).isEqualTo(sha256(parts.getBytes(StandardCharsets.UTF_8)));
    assertThat(set.contentHash()).isEqualTo(set.contentHash()).matches("[0-9a-f]{64}");
  }

  private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void contentHash_dependsOnEveryPart() {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2, 0);
    Tensor pixel = set.images().clone();
    pixel.narrow(0, 2, 1).narrow(2, 1, 1).narrow(3, 2, 1).add_(Tensors.ofBytes(new byte[] {1}, 1));
    ImageShape turned = new ImageShape(1, 3, 2);

    assertThat(set.contentHash())
        .isEqualTo(SampleImages.withLabels(4, SHAPE, 3, 2, 0).contentHash())
        .isNotEqualTo(new ImageDataset(SPEC, pixel, set.labels()).contentHash())
        .isNotEqualTo(SampleImages.withLabels(4, SHAPE, 3, 2, 1).contentHash())
        .isNotEqualTo(SampleImages.withLabels(4, turned, 3, 2, 0).contentHash())
        .isNotEqualTo(set.subset(new long[] {1, 0, 2}).contentHash());
  }

  @Test
  void contentHash_doesNotDependOnTheMemoryLayout() {
    ImageDataset set = SampleImages.withLabels(4, SHAPE, 3, 2, 0);
    Tensor strided = set.images().transpose(2, 3).contiguous().transpose(2, 3);

    assertThat(new ImageDataset(SPEC, strided, set.labels()).contentHash())
        .isEqualTo(set.contentHash());
  }
}
