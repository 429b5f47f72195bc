package io.github.backdoor4j.core.tensor;

import java.util.Iterator;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Deterministic lifetime of native memory: what is created while a scope is open on this thread is
 * freed when it closes, unless it was {@linkplain #keep kept}. Scopes nest and are per thread.
 *
 * <p>The trainer opens one per batch, the runner one per strategy call. Code inside a strategy
 * needs one only around loops of its own.
 */
public final class TensorScope implements AutoCloseable {

  private final PointerScope scope;

  private TensorScope() {
    Engine.start();
    this.scope = new PointerScope();
  }

  /** Opens a scope on the current thread; close it with try-with-resources. */
  public static TensorScope open() {
    return new TensorScope();
  }

  /**
   * Moves a tensor from this scope to the enclosing one, or to nobody (then its owner closes it).
   *
   * @return the same tensor
   */
  public Tensor keep(Tensor tensor) {
    keepPointer(tensor);
    return tensor;
  }

  /**
   * Moves all tensors of an object to the enclosing scope.
   *
   * @return the same object
   */
  public <T extends HasTensors> T keep(T owner) {
    owner.forEachTensor(this::keepPointer);
    return owner;
  }

  private void keepPointer(Pointer pointer) {
    PointerScope outer = outerOf(scope);
    if (outer == null) {
      pointer.retainReference(); // outlives every scope; freed by close() of its owner
    } else {
      outer.attach(pointer); // attach retains
    }
  }

  private static @org.jspecify.annotations.Nullable PointerScope outerOf(PointerScope inner) {
    Iterator<PointerScope> scopes = PointerScope.getScopeIterator();
    while (scopes.hasNext()) {
      if (scopes.next() == inner) {
        return scopes.hasNext() ? scopes.next() : null;
      }
    }
    return null;
  }

  /**
   * Runs a computation in a scope of its own and hands its one result to the enclosing scope; all
   * intermediate tensors are freed at once.
   */
  public static Tensor scoped(Supplier<Tensor> computation) {
    try (TensorScope inner = open()) {
      return inner.keep(computation.get());
    }
  }

  /** Runs a computation that returns no tensor in a scope of its own. */
  public static <T> T compute(Supplier<T> computation) {
    try (TensorScope inner = open()) {
      return computation.get();
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
