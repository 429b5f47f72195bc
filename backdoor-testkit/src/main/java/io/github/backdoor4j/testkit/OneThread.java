package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.tensor.Engine;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * JUnit extension: each test computes on one thread. Tiny tensors gain nothing from more, and where
 * other processes share the cores, waiting threads make such a test twenty times slower.
 */
public final class OneThread implements BeforeEachCallback, AfterEachCallback {

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(OneThread.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(NAMESPACE).put("threads", Engine.threads());
    Engine.threads(1);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Engine.threads(context.getStore(NAMESPACE).get("threads", Integer.class));
  }
}
