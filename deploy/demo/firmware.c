/* deploy/demo/firmware.c: the firmware of the demo's X100: one program, whole in one image. */
#include <stdio.h>

#ifndef VERSION
#define VERSION "0.0.0" /* -DVERSION='"1.0.0"' says which */
#endif

/* So long as the level is above the lower mark, the pump runs; it stops below it. */
static int pump_after(int level)
{
	const int lower = 20;

	while (level > lower)
		level -= 7;
	return level;
}

int main(void)
{
	const int level = pump_after(100);

	printf("X100 firmware " VERSION ": self-test %s, level %d\n",
	    level > 0 ? "passed" : "failed", level);
	return level > 0 ? 0 : 1;
}
