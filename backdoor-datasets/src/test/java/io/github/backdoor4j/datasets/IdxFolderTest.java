package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.datasets.OfficialFiles.Form;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class IdxFolderTest {

  @TempDir private Path folder;
  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private Splits load() {
    return new FashionMnist().load(Optional.of(folder), NoOptions.NONE);
  }

  @ParameterizedTest
  @EnumSource
  void folder_withTheFourFiles_givesTheirImages(Form form) throws IOException {
    OfficialFiles.writeAll(folder, form);

    Splits found = load();

    Splits embedded = new FashionMnist().load(Optional.empty(), NoOptions.NONE);
    assertThat(found.training().size()).isEqualTo(30);
    assertThat(found.test().size()).isEqualTo(20);
    assertThat(Tensors.toBytes(found.training().images()))
        .isEqualTo(Arrays.copyOf(Tensors.toBytes(embedded.training().images()), 30 * 3 * 32 * 32));
    assertThat(Tensors.toBytes(found.test().images()))
        .isEqualTo(Arrays.copyOf(Tensors.toBytes(embedded.test().images()), 20 * 3 * 32 * 32));
    assertThat(found.training().labelValues())
        .isEqualTo(Arrays.copyOf(embedded.training().labelValues(), 30));
    assertThat(found.test().labelValues())
        .isEqualTo(Arrays.copyOf(embedded.test().labelValues(), 20));
  }

  @Test
  void missingFiles_areAllNamed_withWhereToGetThem() throws IOException {
    OfficialFiles.writeAll(folder, Form.GZIPPED);
    Files.delete(folder.resolve(IdxFolder.TRAIN_LABELS + ".gz"));
    Files.delete(folder.resolve(IdxFolder.TEST_IMAGES + ".gz"));

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            folder.toString(),
            "train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz",
            "train-labels.idx1-ubyte.gz",
            "t10k-images.idx3-ubyte",
            "github.com/zalandoresearch/fashion-mnist",
            "dataset-fashion-mnist")
        .hasMessageNotContainingAny("train-images", "t10k-labels");
  }

  @Test
  void folderThatIsNone_isNamed() {
    Path nowhere = folder.resolve("nowhere");
    assertThatThrownBy(() -> new FashionMnist().load(Optional.of(nowhere), NoOptions.NONE))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(nowhere + " is no folder");
  }

  @ParameterizedTest(name = "{0} of {1} bytes")
  @CsvSource({
    "train-images-idx3-ubyte, 0",
    "train-images-idx3-ubyte, 1",
    "train-images-idx3-ubyte, 3",
    "train-images-idx3-ubyte, 15",
    "train-images-idx3-ubyte, 16",
    "train-images-idx3-ubyte, 23535",
    "t10k-labels-idx1-ubyte, 7",
    "t10k-labels-idx1-ubyte, 27",
  })
  void cutFile_isNamed(String name, int length) throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    Form.PLAIN.write(
        folder,
        name,
        Arrays.copyOf(OfficialFiles.first(name, name.startsWith("t1") ? 20 : 30), length));

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(folder.resolve(name).toString(), "Fetch the file again");
  }

  @Test
  void cutFile_saysWhatIsExpectedAndFound() throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    byte[] whole = OfficialFiles.first(IdxFolder.TRAIN_IMAGES, 30);
    Form.PLAIN.write(folder, IdxFolder.TRAIN_IMAGES, Arrays.copyOf(whole, whole.length - 100));

    assertThatThrownBy(this::load)
        .hasMessageContainingAll("23520 values", "[30, 28, 28]", "holds 23420");
  }

  @Test
  void cutGzip_isBadData() throws IOException {
    OfficialFiles.writeAll(folder, Form.GZIPPED);
    Path file = folder.resolve(IdxFolder.TEST_IMAGES + ".gz");
    byte[] whole = Files.readAllBytes(file);

    for (int length : new int[] {2, 5, 100, whole.length / 2, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(this::load)
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(DataException.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void flippedByteInGzip_isBadData() throws IOException {
    OfficialFiles.writeAll(folder, Form.GZIPPED);
    Path file = folder.resolve(IdxFolder.TRAIN_IMAGES + ".gz");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 0x10;
    Files.write(file, bytes);

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void bytesAfterTheEnd_areRefused() throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    byte[] whole = OfficialFiles.first(IdxFolder.TEST_LABELS, 20);
    Form.PLAIN.write(folder, IdxFolder.TEST_LABELS, Arrays.copyOf(whole, whole.length + 1));

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(IdxFolder.TEST_LABELS, "20 values", "more");
  }

  @Test
  void labelsInPlaceOfImages_areToldByTheMagicNumber() throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    Form.PLAIN.write(
        folder, IdxFolder.TRAIN_IMAGES, OfficialFiles.first(IdxFolder.TRAIN_LABELS, 30));

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(IdxFolder.TRAIN_IMAGES, "0x00000803", "0x00000801");
  }

  @ParameterizedTest
  @CsvSource({"0, 28, 28", "-1, 28, 28", "2147483647, 2147483647, 2147483647", "30, 0, 28"})
  void absurdShape_isRefusedBeforeAnythingIsReserved(int n, int height, int width)
      throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    byte[] bytes = OfficialFiles.first(IdxFolder.TRAIN_IMAGES, 30);
    ByteBuffer.wrap(bytes).putInt(4, n).putInt(8, height).putInt(12, width);
    Form.PLAIN.write(folder, IdxFolder.TRAIN_IMAGES, bytes);

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            IdxFolder.TRAIN_IMAGES,
            "claims the shape",
            "[" + n + ", " + height + ", " + width + "]");
  }

  @Test
  void imagesOfAnotherSize_areRefused() throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    byte[] bytes = OfficialFiles.first(IdxFolder.TRAIN_IMAGES, 30);
    ByteBuffer.wrap(bytes).putInt(8, 14).putInt(12, 56);
    Form.PLAIN.write(folder, IdxFolder.TRAIN_IMAGES, bytes);

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(IdxFolder.TRAIN_IMAGES, "28×28", "14×56");
  }

  @Test
  void countsThatDiffer_areRefused_namingBothFiles() throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    Form.PLAIN.write(folder, IdxFolder.TEST_LABELS, OfficialFiles.first(IdxFolder.TEST_LABELS, 19));

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            IdxFolder.TEST_IMAGES, "20 images", IdxFolder.TEST_LABELS, "19 labels");
  }

  @Test
  void labelThatIsNoClass_isRefused_withItsPosition() throws IOException {
    OfficialFiles.writeAll(folder, Form.PLAIN);
    byte[] bytes = OfficialFiles.first(IdxFolder.TRAIN_LABELS, 30);
    bytes[8 + 17] = (byte) 200;
    Form.PLAIN.write(folder, IdxFolder.TRAIN_LABELS, bytes);

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(IdxFolder.TRAIN_LABELS, "label 200", "position 17", "0 to 9");
  }
}
