package io.github.backdoor4j.core.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * What happens to named layer outputs during one forward pass: they can be read, replaced or
 * perturbed. What enters a batch normalisation can be read too. Immutable; an empty one costs
 * nothing.
 */
public final class Taps {

  private static final Taps NONE = new Taps(Map.of(), Map.of());

  private final Map<String, UnaryOperator<Tensor>> operators;
  private final Map<String, Consumer<Tensor>> readers;

  private Taps(
      Map<String, UnaryOperator<Tensor>> operators, Map<String, Consumer<Tensor>> readers) {
    this.operators = operators;
    this.readers = readers;
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
    return new Taps(more, readers);
  }

  /**
   * These taps and a look at what enters a batch normalisation, N×C×H×W, which need not be the
   * output of any one layer. The tensor may be freed after the call.
   *
   * @param norm name of the normalisation
   */
  public Taps andInput(String norm, Consumer<Tensor> reader) {
    Map<String, Consumer<Tensor>> more = new LinkedHashMap<>(readers);
    more.merge(norm, reader, Consumer::andThen);
    return new Taps(operators, more);
  }

  /** These taps, then those of {@code other}. */
  public Taps and(Taps other) {
    Taps all = this;
    for (Map.Entry<String, UnaryOperator<Tensor>> entry : other.operators.entrySet()) {
      all = all.and(entry.getKey(), entry.getValue());
    }
    for (Map.Entry<String, Consumer<Tensor>> entry : other.readers.entrySet()) {
      all = all.andInput(entry.getKey(), entry.getValue());
    }
    return all;
  }

  /** Names of the normalisations whose inputs are read. */
  Set<String> inputNames() {
    return readers.keySet();
  }

  void enter(String norm, Tensor input) {
    Consumer<Tensor> reader = readers.isEmpty() ? null : readers.get(norm);
    if (reader != null) {
      reader.accept(input);
    }
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
