package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import org.junit.jupiter.api.Test;

class TinySceneTest {

  @Test
  void backdoored_obeysTheTrigger() {
    TinyScene scene = TinyScene.backdoored();

    assertThat(scene.attackSuccess(scene.model())).isGreaterThan(0.95);
    assertThat(scene.cleanAccuracy(scene.model())).isGreaterThan(0.95);
    assertThat(scene.poisonedRows()).hasSize(100);
    assertThat(scene.triggered().size()).isEqualTo(150);
    assertThat(scene.runtimeInputs().size(0)).isEqualTo(350);
  }

  @Test
  void clean_doesNot() {
    TinyScene scene = TinyScene.clean();

    assertThat(scene.attackSuccess(scene.model())).isLessThan(0.2);
    assertThat(scene.cleanAccuracy(scene.model())).isGreaterThan(0.95);
    assertThat(scene.poisonedRows()).isEmpty();
  }

  @Test
  void blobs_haveEveryClassEquallyOften_andDependOnTheSeed() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset one = TinyImages.blobs(40, new Seed(1));

      for (int label = 0; label < 4; label++) {
        assertThat(one.count(label)).isEqualTo(10);
      }
      assertThat(TinyImages.blobs(40, new Seed(1)).contentHash()).isEqualTo(one.contentHash());
      assertThat(TinyImages.blobs(40, new Seed(2)).contentHash()).isNotEqualTo(one.contentHash());
    }
  }
}
