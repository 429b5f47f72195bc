package io.github.backdoor4j.core;

import io.github.backdoor4j.core.tensor.Engine;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The tests of a class compute on one thread: tiny tensors gain nothing from more, and where other
 * processes share the cores, waiting threads cost a lot.
 */
public final class OneThread implements BeforeAllCallback, AfterAllCallback {

  private int before;

  @Override
  public void beforeAll(ExtensionContext context) {
    before = Engine.threads();
    Engine.threads(1);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Engine.threads(before);
  }
}
