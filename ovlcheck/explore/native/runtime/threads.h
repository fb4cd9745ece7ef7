/* Several threads at one thing.  Whoever comes late, or never because the system has no thread to give, leaves his share
 * to the others: shares are taken, not dealt out. */

#define MOST_THREADS 256

/* Calls f(argument + i * step) for i below n, each in a thread of its own, the first in this one. */
static void together(unsigned n, void *(*f)(void *), void *argument, size_t step)
{
	pthread_t threads[MOST_THREADS];
	unsigned started = 0;

	while (started + 1 < n &&
	       !pthread_create(&threads[started], NULL, f, (char *)argument + (started + 1) * step))
		started++;
	f(argument);
	while (started)
		pthread_join(threads[--started], NULL);
}
