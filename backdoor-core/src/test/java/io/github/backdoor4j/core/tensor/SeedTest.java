package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeedTest {

  /**
   * Expected numbers from Python, where v is the value and p the purpose:
   *
   * <pre>{@code
   * digest = hashlib.sha256(struct.pack("<q", v) + p.encode()).digest()
   * int.from_bytes(digest[:8], "little", signed=True)
   * }</pre>
   */
  @ParameterizedTest
  @CsvSource({
    "42, poison-index, -3423695215234656499",
    "42, epoch#3, 1437892003702666179",
    "-1, ü, -6697699767187279835"
  })
  void child_isTheHashOfValueAndPurpose(long value, String purpose, long expected) {
    assertThat(new Seed(value).child(purpose)).isEqualTo(new Seed(expected));
  }

  @Test
  void grandchild_andIndexedChild_followTheSameRule() {
    assertThat(new Seed(42).child("a").child("b").value()).isEqualTo(483592855328763657L);
    assertThat(new Seed(42).child("epoch", 3).value()).isEqualTo(1437892003702666179L);
  }

  @Test
  void children_areDifferentFromEachOtherAndTheirParent() {
    Set<Long> values = new HashSet<>();
    for (long parent = 0; parent < 20; parent++) {
      values.add(parent);
      for (String purpose : new String[] {"weights", "order", "augmentation", "step", ""}) {
        values.add(new Seed(parent).child(purpose).value());
      }
    }
    assertThat(values).hasSize(20 * 6);
  }

  @Test
  void random_startsAnewEachTime() {
    Seed seed = new Seed(7);
    assertThat(seed.random().nextLong()).isEqualTo(seed.random().nextLong());
    assertThat(seed.random().nextLong()).isNotEqualTo(new Seed(8).random().nextLong());
  }

  @Test
  void permutation_holdsEveryNumberOnce_andDependsOnTheSeed() {
    long[] order = Tensors.permutation(100, new Seed(3));
    assertThat(order).isNotEqualTo(LongStream.range(0, 100).toArray());
    assertThat(order.clone()).containsExactlyInAnyOrder(LongStream.range(0, 100).toArray());
    assertThat(Tensors.permutation(100, new Seed(3))).isEqualTo(order);
    assertThat(Tensors.permutation(100, new Seed(4))).isNotEqualTo(order);
    assertThat(Tensors.permutation(0, new Seed(4))).isEmpty();
  }

  @Test
  void generators_ofOneSeed_drawTheSame() {
    try (TensorScope scope = TensorScope.open()) {
      float[] first = Tensors.toFloats(Tensors.uniform(Tensors.generator(new Seed(-5)), 2, 3, 50));
      float[] second = Tensors.toFloats(Tensors.uniform(Tensors.generator(new Seed(-5)), 2, 3, 50));
      assertThat(second).isEqualTo(first);
      for (float value : first) {
        assertThat(value).isBetween(2f, 3f);
      }
      long[] whole = Tensors.toLongs(Tensors.integers(Tensors.generator(new Seed(1)), -1, 2, 300));
      assertThat(whole).containsOnly(-1, 0, 1).contains(-1, 0, 1);
    }
  }
}
