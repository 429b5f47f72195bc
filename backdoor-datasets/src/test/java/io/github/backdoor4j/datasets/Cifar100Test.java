package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.DatasetSourceContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Cifar100Test implements DatasetSourceContract {

  @TempDir private Path folder;
  private Map<String, byte[]> files;

  @BeforeEach
  void writeArchive() throws IOException {
    files = CifarSamples.binary100();
    write();
  }

  private void write() throws IOException {
    Archives.TAR_GZ.write(folder, "cifar-100-binary.tar.gz", files);
  }

  @Override
  public DatasetSource<?> source() {
    return new Cifar100(false);
  }

  @Override
  public Optional<Path> folder() {
    return Optional.of(folder);
  }

  private static Cifar100.Options labels(String kind) {
    Cifar100 source = new Cifar100(false);
    return Options.bind("cifar100", source.defaults(), Map.of("labels", kind));
  }

  private Splits load(String labels) {
    return new Cifar100(false).load(folder(), labels(labels));
  }

  @Test
  void fineLabels_areTheSecondByte_coarseTheFirst() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(load("fine").training().labelValues()).containsExactly(40, 59, 78, 97, 16);
      assertThat(load("coarse").training().labelValues()).containsExactly(0, 7, 14, 1, 8);
      assertThat(load("fine").test().labelValues()).containsExactly(50, 69, 88);
      byte[] pixels = Tensors.toBytes(load("coarse").training().images());
      assertThat(Arrays.copyOfRange(pixels, 4 * 3072, 5 * 3072)).isEqualTo(CifarSamples.image(44));
    }
  }

  @Test
  void spec_hasTheClassesOfTheChosenLabels() {
    DatasetSpec fine = new Cifar100().spec(Optional.empty(), labels("fine"));
    DatasetSpec coarse = new Cifar100().spec(Optional.empty(), labels("coarse"));

    assertThat(fine.classNames()).hasSize(100).isSorted().contains("maple_tree").endsWith("worm");
    assertThat(coarse.classNames()).hasSize(20).isSorted().startsWith("aquatic_mammals", "fish");
    assertThat(fine.normalization().mean()).containsExactly(0.5071, 0.4865, 0.4409);
    assertThat(fine.normalization().std()).containsExactly(0.2673, 0.2564, 0.2762);
    assertThat(fine.augmentation()).isEqualTo(new Augmentation(4, false));
    assertThat(new Cifar100().published()).contains(fine);
  }

  @ParameterizedTest
  @CsvSource({"0, coarse_labels, 20, 0 to 19", "1, fine_labels, 100, 0 to 99"})
  void labelThatIsNoClass_isRefused_whicheverIsChosen(
      int at, String kind, int label, String allowed) throws IOException {
    files.get("cifar-100-binary/train.bin")[3074 + at] = (byte) label;
    write();

    assertThatThrownBy(() -> load("fine"))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("train.bin", "label " + label, kind, "image 1", allowed);
  }

  @Test
  void officialSizes_areExpectedOfUsers() {
    assertThatThrownBy(() -> new Cifar100().load(folder(), labels("fine")))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("train.bin", "15,370 bytes", "153,700,000 expected");
  }

  @Test
  void otherNamesOfGroups_areRefused() throws IOException {
    files.put(
        "cifar-100-binary/coarse_label_names.txt",
        "fish\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    write();

    assertThatThrownBy(() -> load("fine"))
        .hasMessageContainingAll("coarse_label_names.txt", "'fish'", "'aquatic_mammals'");
  }
}
