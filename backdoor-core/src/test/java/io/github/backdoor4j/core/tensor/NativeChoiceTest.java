package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeChoiceTest {

  @ParameterizedTest
  @CsvSource({
    // gpu, plain, driver, nd4j
    "false, true,  false, false, PLAIN",
    "false, true,  true,  false, PLAIN",
    "false, true,  false, true,  ALL",
    "true,  true,  true,  false, ALL",
    "true,  true,  true,  true,  ALL",
    "true,  true,  false, false, PLAIN_FOR_LACK_OF_A_DRIVER",
    "true,  true,  false, true,  PLAIN_FOR_LACK_OF_A_DRIVER",
    "true,  false, false, false, ALL", // nothing to fall back on
  })
  void cudaLibraries_areLookedFor_onlyWhereTheyCanWork(
      boolean gpu, boolean plain, boolean driver, boolean nd4j, NativeChoice.Choice expected) {
    assertThat(NativeChoice.choose(gpu, plain, driver, nd4j)).isEqualTo(expected);
  }

  /** A file stands in for the library of CUDA; whoever loads it fails. */
  @Test
  void cudaNativesWithoutDriver_leaveTheEngineOnTheCpu(@TempDir Path folder) throws IOException {
    assumeThat(Path.of("/dev/nvidiactl")).doesNotExist();
    assumeThat(Path.of("/dev/dxg")).doesNotExist();
    Path natives = folder.resolve("org/bytedeco/pytorch/" + Loader.getPlatform() + "-gpu");
    Files.createDirectories(natives);
    Files.writeString(natives.resolve(System.mapLibraryName("jnitorch")), "not a library");

    ChildJvm.Result result =
        ChildJvm.run(List.of(), folder + File.pathSeparator + ChildJvm.classPath(), Start.class);

    assertThat(result.output().lines())
        .contains("extension '', CUDA false, sum 3.0")
        .noneMatch(line -> line.contains("not a library") || line.contains("\tat "));
    assertThat(result.code()).isZero();
  }

  @Test
  void choiceOfTheOwner_stays() throws IOException {
    ChildJvm.Result result =
        ChildJvm.run(
            List.of("-D" + NativeChoice.EXTENSION + "=-mine"), ChildJvm.classPath(), Start.class);

    assertThat(result.output()).contains("extension '-mine', CUDA false, sum 3.0");
  }

  /** What the other process runs. */
  static final class Start {
    public static void main(String[] args) {
      try (TensorScope scope = TensorScope.open()) {
        boolean cuda = Engine.cudaAvailable();
        float sum = Tensors.ofFloats(new float[] {1, 2}, 2).sum().item_float();
        String extension = Loader.loadProperties().getProperty("platform.extension");
        System.out.println("extension '" + extension + "', CUDA " + cuda + ", sum " + sum);
      }
    }
  }
}
