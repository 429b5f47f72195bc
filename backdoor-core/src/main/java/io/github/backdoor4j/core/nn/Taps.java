package io.github.backdoor4j.core.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * What happens to named layer outputs during one forward pass: they can be read, replaced or
 * perturbed. Immutable; an empty one costs nothing.
 */
public final class Taps {

  private static final Taps NONE = new Taps(Map.of());

  private final Map<String, UnaryOperator<Tensor>> operators;

  private Taps(Map<String, UnaryOperator<Tensor>> operators) {
    this.operators = operators;
  }

  /** No tap at all. */
  public static Taps none() {
    return NONE;
  }

  /** One tap: {@code operator} gets the output named {@code name}, what it returns flows on. */
  public static Taps at(String name, UnaryOperator<Tensor> operator) {
    return NONE.and(name, operator);
  }

  /** These taps and one more; a second operator at the same name sees the first one's result. */
  public Taps and(String name, UnaryOperator<Tensor> operator) {
    Map<String, UnaryOperator<Tensor>> more = new LinkedHashMap<>(operators);
    more.merge(name, operator, (first, second) -> x -> second.apply(first.apply(x)));
    return new Taps(more);
  }

  /** These taps, then those of {@code other}. */
  public Taps and(Taps other) {
    Taps all = this;
    for (Map.Entry<String, UnaryOperator<Tensor>> entry : other.operators.entrySet()) {
      all = all.and(entry.getKey(), entry.getValue());
    }
    return all;
  }

  Set<String> names() {
    return operators.keySet();
  }

  Tensor pass(String name, Tensor output) {
    if (operators.isEmpty()) {
      return output;
    }
    UnaryOperator<Tensor> operator = operators.get(name);
    return operator == null ? output : operator.apply(output);
  }
}
