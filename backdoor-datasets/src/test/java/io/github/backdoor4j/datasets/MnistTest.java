package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.DatasetSourceContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest implements DatasetSourceContract {

  @TempDir private Path folder;

  @BeforeEach
  void writeFilesOfTheSameFormat() throws IOException {
    OfficialFiles.writeAll(folder, OfficialFiles.Form.GZIPPED);
  }

  @Override
  public DatasetSource<?> source() {
    return new Mnist();
  }

  @Override
  public Optional<Path> folder() {
    return Optional.of(folder);
  }

  @Test
  void folder_isReadUnderTheNameOfMnist() {
    try (TensorScope scope = TensorScope.open()) {
      Splits found = new Mnist().load(folder(), NoOptions.NONE);

      assertThat(found.training().size()).isEqualTo(OfficialFiles.TRAINING);
      assertThat(found.test().size()).isEqualTo(OfficialFiles.TEST);
    }
    DatasetSpec spec = new Mnist().spec(Optional.empty(), NoOptions.NONE);
    assertThat(spec.id()).isEqualTo("mnist");
    assertThat(spec.classNames()).startsWith("0", "1").endsWith("9").hasSize(10);
    assertThat(spec.normalization().mean()).containsOnly(0.1307).hasSize(3);
    assertThat(spec.normalization().std()).containsOnly(0.3081).hasSize(3);
  }

  @Test
  void noFolder_isTheCallersMistake() {
    assertThatThrownBy(() -> new Mnist().load(Optional.empty(), NoOptions.NONE))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'mnist'", "not embedded", "folder", "cvdf-datasets");
  }
}
