package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TriggeredSetTest {

  private static final DatasetSpec SPEC = SampleImages.spec(3, new ImageShape(1, 1, 1));

  private static TriggeredSet set(int images, int attack, int original, int rows) {
    Tensor pixels = Tensors.ofBytes(new byte[images], images, 1, 1, 1);
    return new TriggeredSet(SPEC, pixels, new long[attack], new long[original], new long[rows]);
  }

  @Test
  void size_isTheDenominatorOfTheAttackSuccessRate() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(set(4, 4, 4, 4).size()).isEqualTo(4);
    }
  }

  @Test
  void numbersThatDiffer_areRefused() {
    try (TensorScope scope = TensorScope.open()) {
      assertThatThrownBy(() -> set(3, 4, 4, 4)).isInstanceOf(UsageException.class);
      assertThatThrownBy(() -> set(4, 3, 4, 4)).isInstanceOf(UsageException.class);
      assertThatThrownBy(() -> set(4, 4, 3, 4)).isInstanceOf(UsageException.class);
      assertThatThrownBy(() -> set(4, 4, 4, 3)).isInstanceOf(UsageException.class);
    }
  }
}
