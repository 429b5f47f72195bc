package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs contract tests on classes that break the contract. */
final class Contracts {

  private Contracts() {}

  /**
   * Asserts that exactly the named tests of a contract fail, besides the one that finds that nobody
   * registered the broken class.
   */
  static void assertBreaks(Class<?> contractTest, String... tests) {
    Set<String> expected = new TreeSet<>(Arrays.asList(tests));
    if (!StandInDevice.present()) {
      expected.removeIf(name -> name.endsWith("_onAnotherDevice_mixesNothing"));
    }
    Set<String> failed = failures(contractTest);
    failed.removeIf(name -> name.startsWith("id_leadsTo"));
    assertThat(failed).as("failed tests of %s", contractTest.getSimpleName()).isEqualTo(expected);
  }

  static Set<String> failures(Class<?> contractTest) {
    Set<String> failed = new TreeSet<>();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(contractTest)).build();
    LauncherFactory.create()
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                  String name = test.getLegacyReportingName();
                  failed.add(name.replaceAll("\\(.*", ""));
                }
              }
            });
    return failed;
  }
}
