package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class TensorScopeTest {

  @Test
  void tensors_dieWithTheirScope() {
    Tensor inner;
    try (TensorScope scope = TensorScope.open()) {
      inner = torch.ones(3);
      assertThat(inner.isNull()).isFalse();
    }
    assertThat(inner.isNull()).isTrue();
  }

  @Test
  void keep_movesATensorToTheEnclosingScope() {
    Tensor kept;
    try (TensorScope outer = TensorScope.open()) {
      try (TensorScope inner = TensorScope.open()) {
        kept = inner.keep(torch.ones(3));
      }
      assertThat(Tensors.toFloats(kept)).containsExactly(1, 1, 1);
    }
    assertThat(kept.isNull()).isTrue();
  }

  @Test
  void keep_twice_isKeepOnce() {
    Tensor kept;
    try (TensorScope outer = TensorScope.open()) {
      try (TensorScope inner = TensorScope.open()) {
        kept = inner.keep(inner.keep(torch.ones(3)));
      }
      assertThat(kept.isNull()).isFalse();
    }
    assertThat(kept.isNull()).isTrue();
  }

  @Test
  void keep_withoutAnEnclosingScope_leavesTheTensorToItsOwner() {
    Tensor kept;
    try (TensorScope scope = TensorScope.open()) {
      kept = scope.keep(torch.ones(3));
    }
    assertThat(Tensors.toFloats(kept)).containsExactly(1, 1, 1);
    kept.close();
    assertThat(kept.isNull()).isTrue();
  }

  @Test
  void keep_ofATensorOfTheEnclosingScope_changesNothing() {
    Tensor tensor;
    try (TensorScope outer = TensorScope.open()) {
      tensor = torch.ones(3);
      try (TensorScope inner = TensorScope.open()) {
        inner.keep(tensor);
      }
      assertThat(tensor.isNull()).isFalse();
    }
    assertThat(tensor.isNull()).isTrue();
  }

  @Test
  void keep_ofAnOwner_movesAllItsTensors() {
    record Pair(Tensor first, Tensor second) implements HasTensors {
      @Override
      public void forEachTensor(Consumer<Tensor> visitor) {
        visitor.accept(first);
        visitor.accept(second);
      }
    }
    try (TensorScope outer = TensorScope.open()) {
      Pair pair;
      try (TensorScope inner = TensorScope.open()) {
        pair = inner.keep(new Pair(torch.ones(2), torch.zeros(2)));
      }
      assertThat(Tensors.toFloats(pair.first().add(pair.second()))).containsOnly(1);
    }
  }

  @Test
  void scoped_keepsTheResultAndNothingElse() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor[] intermediate = new Tensor[1];
      Tensor result =
          TensorScope.scoped(
              () -> {
                intermediate[0] = torch.ones(4);
                return intermediate[0].mul(new Scalar(2.0));
              });
      assertThat(intermediate[0].isNull()).isTrue();
      assertThat(Tensors.toFloats(result)).containsOnly(2);
    }
  }

  @Test
  void scoped_mayReturnATensorFromOutside() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor given = torch.ones(4);
      assertThat(TensorScope.scoped(() -> given)).isSameAs(given);
      assertThat(Tensors.toFloats(given)).containsOnly(1);
    }
  }

  @Test
  void view_keepsTheMemoryOfItsBase() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor view = TensorScope.scoped(() -> torch.ones(4, 2).narrow(0, 1, 2));
      assertThat(Tensors.toFloats(view)).containsExactly(1, 1, 1, 1);
    }
  }

  @Test
  void failure_closesTheScopeToo() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor[] inner = new Tensor[1];
      assertThatThrownBy(
              () ->
                  TensorScope.compute(
                      () -> {
                        inner[0] = torch.ones(2);
                        throw new IllegalStateException("on purpose");
                      }))
          .hasMessage("on purpose");
      assertThat(inner[0].isNull()).isTrue();
      assertThat(torch.ones(1).isNull()).isFalse();
    }
  }

  @Test
  void compute_leavesNoHandleBehind() {
    double sum = 0;
    TensorScope.compute(() -> torch.ones(10).sum().item_double());
    long before = Pointer.totalCount();
    for (int i = 0; i < 100; i++) {
      sum += TensorScope.compute(() -> torch.ones(10).sum().item_double());
    }
    assertThat(sum).isEqualTo(1000);
    assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
  }

  @Test
  void scopes_areOfTheirThread() throws InterruptedException {
    Tensor[] other = new Tensor[1];
    try (TensorScope scope = TensorScope.open()) {
      Thread thread = new Thread(() -> other[0] = torch.ones(2));
      thread.start();
      thread.join();
    }
    assertThat(other[0].isNull()).isFalse();
    other[0].close();
  }
}
