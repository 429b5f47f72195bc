/**
 * The contract of each extension point as JUnit 5 tests, and small fixtures: synthetic images, a
 * network of a few thousand parameters, a backdoored model that trains in a second.
 */
@NullMarked
package io.github.backdoor4j.testkit;

import org.jspecify.annotations.NullMarked;
