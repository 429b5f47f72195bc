package io.github.backdoor4j.core.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Weighted epoch means, summed on the device; made inside the epoch's scope. */
final class Meters {

  private static final class Sum {
    final Tensor total;
    double weight;

    Sum(Tensor total) {
      this.total = total;
    }
  }

  private final Map<String, Sum> sums = new LinkedHashMap<>();
  private final org.bytedeco.javacpp.PointerScope scope =
      java.util.Objects.requireNonNull(org.bytedeco.javacpp.PointerScope.getInnerScope());

  void add(String name, Tensor weighted, double weight) {
    Sum sum = sums.get(name);
    if (sum == null) {
      Tensor total = torch.zeros_like(weighted).to(ScalarType.Double);
      scope.attach(total); // the sum outlives the step's scope in which it is made
      sum = new Sum(total);
      sums.put(name, sum);
    }
    sum.total.add_(weighted);
    sum.weight += weight;
  }

  Map<String, Double> means() {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((name, sum) -> means.put(name, sum.total.item_double() / sum.weight));
    return means;
  }
}
